//! Frames, in the page's process and in others.

mod test_page;

use browser::event::PageEvent;
use browser::remote_object::EvaluationResult;
use serde_json::json;
use test_page::{function, on_page};

#[test]
fn frames_come_and_go_with_events() {
    on_page(|test| async move {
        test.open("/frames.html").await;
        let names: Vec<String> = test.page.frames().iter().map(|frame| frame.name()).collect();
        assert_eq!(names.len(), 4);
        for name in ["", "first", "outer", "innermost"] {
            assert!(names.iter().any(|known| known == name), "{names:?}");
        }
        let outer = test.page.frames().into_iter().find(|frame| frame.name() == "outer").unwrap();
        assert_eq!(outer.child_frames().len(), 1);
        test.forget_events();
        test.value("() => document.querySelector('#outer').remove() || 1").await;
        assert_eq!(
            test.events_of(&["framedetached"]),
            ["framedetached /frame.html?innermost", "framedetached /frames-inner.html"]
        );
        assert!(outer.is_detached());
        let error = outer.evaluate(function("() => 1"), vec![]).await.unwrap_err().to_string();
        assert!(error.starts_with("Execution Context is not available in detached frame"), "{error}");
    });
}

#[test]
fn the_main_frame_stays_itself_across_processes() {
    on_page(|test| async move {
        test.open("/empty.html").await;
        let before = test.page.main_frame().clone();
        let url = test.site.cross_site_url("/empty.html");
        test.page.goto(&url, Default::default()).await.unwrap();
        assert!(std::rc::Rc::ptr_eq(&before, test.page.main_frame()));
        assert_eq!(
            before.evaluate(function("() => location.hostname"), vec![]).await.unwrap(),
            EvaluationResult::Json(json!("localhost"))
        );
    });
}

#[test]
fn a_frame_of_another_site_can_be_used_like_any_other() {
    on_page(|test| async move {
        let inner = test.site.cross_site_url("/form.html");
        test.site.page("/outer.html", format!("<body style='margin:0'><div style='height:100px'></div><iframe id=f style='border:0;width:600px;height:400px' src='{inner}'></iframe>"));
        test.open("/outer.html").await;
        let frames = test.page.frames();
        assert_eq!(frames.len(), 2);
        assert_eq!(frames[1].url(), inner);
        assert_eq!(
            frames[1].evaluate(function("() => location.hostname"), vec![]).await.unwrap(),
            EvaluationResult::Json(json!("localhost"))
        );
        let handle = test.page.main_frame().query_selector("#f").await.unwrap().unwrap();
        assert!(std::rc::Rc::ptr_eq(&handle.content_frame().await.unwrap().unwrap(), &frames[1]));
        frames[1].evaluate(function("() => { document.body.innerHTML = '<button style=\"position:absolute;left:10px;top:10px;width:50px;height:20px\" onclick=\"window.clicked = 1\">b</button>' }"), vec![]).await.unwrap();
        let button = frames[1].wait_for_selector("button", Default::default()).await.unwrap().unwrap();
        let bounds = button.bounding_box().await.unwrap().unwrap();
        assert_eq!((bounds.x, bounds.y), (10.0, 110.0));
        button.click(Default::default()).await.unwrap();
        assert_eq!(
            frames[1].evaluate(function("() => window.clicked"), vec![]).await.unwrap(),
            EvaluationResult::Json(json!(1))
        );
        let moved = test.site.url("/empty.html");
        frames[1].goto(&moved, Default::default()).await.unwrap();
        assert_eq!(
            frames[1].evaluate(function("() => location.href"), vec![]).await.unwrap(),
            EvaluationResult::Json(json!(moved))
        );
        assert!(!frames[1].is_detached());
    });
}

#[test]
fn a_removed_frame_of_another_site_is_gone() {
    on_page(|test| async move {
        let inner = test.site.cross_site_url("/frame.html");
        test.site.page("/outer.html", format!("<iframe id=f src='{inner}'></iframe>"));
        test.open("/outer.html").await;
        let frame = test.page.frames().remove(1);
        let gone = test.page.wait_for_event(
            |event| match event {
                PageEvent::FrameDetached(frame) => Some(frame.clone()),
                _ => None,
            },
            None,
        );
        let (gone, removed) =
            futures::join!(gone, test.page.evaluate(function("() => document.querySelector('#f').remove()"), vec![]));
        removed.unwrap();
        assert!(std::rc::Rc::ptr_eq(&gone.unwrap(), &frame));
        assert!(frame.is_detached());
        assert_eq!(test.page.frames().len(), 1);
    });
}
