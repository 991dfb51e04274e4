use std::cell::RefCell;
use std::rc::Rc;

use browser::dialog::Dialog;
use browser::event::{Event, PageEvent, PageEventKind};
use serde_json::Value;

use crate::fixture::{Fixture, with_page};

/// Answers each dialog in the listener, and keeps it.
fn answer(fixture: &Fixture, answer: impl Fn(&Dialog) + 'static) -> Rc<RefCell<Vec<Rc<Dialog>>>> {
    let dialogs: Rc<RefCell<Vec<Rc<Dialog>>>> = Rc::default();
    let kept = dialogs.clone();
    fixture.page.set_has_listeners(PageEventKind::Dialog, true);
    fixture.browser.set_event_sink(Rc::new(move |event| {
        if let Event::Page(_, PageEvent::Dialog(dialog)) = event {
            answer(&dialog);
            kept.borrow_mut().push(dialog);
        }
    }));
    dialogs
}

#[tokio::test]
async fn a_prompt_is_answered() {
    with_page(async |fixture| {
        let dialogs = answer(fixture, |dialog| drop(dialog.accept(Some("answer!".to_owned()))));
        assert_eq!(fixture.eval("prompt('question?', 'yes.')").await, "answer!");
        let dialog = dialogs.borrow_mut().remove(0);
        assert_eq!((dialog.kind(), dialog.message(), dialog.default_value()), ("prompt", "question?", "yes."));
        let refused = dialog.dismiss().await.expect_err("answered");
        assert_eq!(refused.to_string(), "Cannot dismiss dialog which is already handled!");
        let refused = dialog.accept(None).await.expect_err("answered");
        assert_eq!(refused.to_string(), "Cannot accept dialog which is already handled!");
    })
    .await;
}

#[tokio::test]
async fn a_dismissed_prompt_is_null() {
    with_page(async |fixture| {
        answer(fixture, |dialog| drop(dialog.dismiss()));
        assert_eq!(fixture.eval("prompt('question?')").await, Value::Null);
    })
    .await;
}
