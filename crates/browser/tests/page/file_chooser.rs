use std::rc::Rc;

use browser::file_chooser::FileChooser;
use serde_json::json;

use crate::fixture::{Fixture, with_page};

const INPUT: &str = "<input type=file>";
const LOG_FILES: &str = "window.log = []; const input = document.querySelector('input'); \
    for (const type of ['input', 'change', 'cancel']) input.addEventListener(type, () => log.push(type + input.files.length)); 0";

async fn ask(fixture: &Fixture) -> Rc<FileChooser> {
    let input = fixture.element("input").await;
    let (chooser, clicked) = futures::join!(fixture.page.wait_for_file_chooser(None), input.click(Default::default()));
    clicked.expect("clicked");
    chooser.expect("a question for files")
}

#[tokio::test]
async fn files_are_given_taken_back_and_refused() {
    with_page(async |fixture| {
        fixture.set_content(INPUT).await;
        fixture.eval(LOG_FILES).await;
        let file = tempfile::NamedTempFile::new().expect("a file");
        let path = file.path().to_string_lossy().into_owned();
        ask(fixture).await.accept(vec![path]).await.expect("accepted");
        ask(fixture).await.accept(Vec::new()).await.expect("accepted");
        ask(fixture).await.cancel().await.expect("cancelled");
        assert_eq!(fixture.eval("log").await, json!(["input1", "change1", "input0", "change0", "cancel0"]));
    })
    .await;
}

#[tokio::test]
async fn a_question_is_answered_once() {
    with_page(async |fixture| {
        fixture.set_content(INPUT).await;
        let chooser = ask(fixture).await;
        chooser.accept(Vec::new()).await.expect("accepted");
        let refused = chooser.accept(Vec::new()).await.expect_err("answered");
        assert_eq!(refused.to_string(), "Cannot accept FileChooser which is already handled!");
        let refused = chooser.cancel().await.expect_err("answered");
        assert_eq!(refused.to_string(), "Cannot cancel FileChooser which is already handled!");
    })
    .await;
}

#[tokio::test]
async fn an_input_says_whether_it_takes_several_files() {
    with_page(async |fixture| {
        fixture.set_content(INPUT).await;
        let chooser = ask(fixture).await;
        assert!(!chooser.is_multiple());
        chooser.accept(vec!["/a".to_owned(), "/b".to_owned()]).await.expect_err("one file only");
        fixture.set_content("<input type=file multiple>").await;
        assert!(ask(fixture).await.is_multiple());
    })
    .await;
}
