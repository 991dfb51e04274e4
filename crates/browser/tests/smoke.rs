//! From the process to a value of a page.

use std::rc::Rc;
use std::time::Instant;

use browser::browser::Browser;
use browser::launch::LaunchOptions;
use browser::page::GotoOptions;
use browser::remote_object::{EvaluationResult, PageFunction};
use serde_json::json;

#[tokio::test(flavor = "current_thread")]
async fn a_page_evaluates() {
    tokio::task::LocalSet::new()
        .run_until(async {
            let t = Instant::now();
            let dir = tempfile::tempdir().unwrap();
            let browser =
                Browser::launch(&LaunchOptions { run_dir: dir.path().to_owned(), ..Default::default() }).await.unwrap();
            eprintln!("launch {:?}", t.elapsed());
            let t = Instant::now();
            let context = browser.create_browser_context().await.unwrap();
            let page = context.new_page().await.unwrap();
            eprintln!("page {:?}", t.elapsed());
            let t = Instant::now();
            let page2 = context.new_page().await.unwrap();
            eprintln!("page2 {:?}", t.elapsed());
            page2.close(false).await.unwrap();
            let t = Instant::now();
            page.goto("data:text/html,<title>hi</title><p>x</p>", GotoOptions::default()).await.unwrap();
            eprintln!("goto {:?}", t.elapsed());
            let r = page
                .evaluate(PageFunction::function("() => [1, innerWidth, document.title]").unwrap(), vec![])
                .await
                .unwrap();
            assert_eq!(r, EvaluationResult::Json(json!([1, 800, "hi"])));
            let t = Instant::now();
            for _ in 0..1000 {
                page.evaluate(PageFunction::function("() => 1").unwrap(), vec![]).await.unwrap();
            }
            eprintln!("1000 evaluates {:?}", t.elapsed());
            let t = Instant::now();
            for _ in 0..100 {
                let f: Vec<_> =
                    (0..5).map(|_| page.evaluate(PageFunction::function("() => 1").unwrap(), vec![])).collect();
                futures::future::join_all(f).await;
            }
            eprintln!("100x5 evaluates {:?}", t.elapsed());
            eprintln!("{:?} {:?}", page.main_frame().title().await, page.main_frame().content().await);
            let pid = browser.process_id().unwrap();
            let _ = Rc::strong_count(&page);
            browser.close().await;
            assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
            assert_eq!(living_members(pid), 0);
        })
        .await;
}

/// Processes of that group that are not yet dead (a dead one may still wait for its new parent).
fn living_members(group: i32) -> usize {
    let stats = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let stat = std::fs::read_to_string(entry.ok()?.path().join("stat")).ok()?;
        let fields: Vec<String> = stat.rsplit_once(')')?.1.split_whitespace().map(str::to_owned).collect();
        (fields[2] == group.to_string() && fields[0] != "Z").then_some(())
    });
    stats.count()
}
