use std::cell::RefCell;
use std::rc::Rc;

use browser::console_message::ConsoleMessage;
use browser::event::{Event, PageEvent, PageEventKind};

use crate::fixture::with_page;

#[tokio::test]
async fn the_console_is_heard_before_the_call_that_wrote_to_it_ends() {
    with_page(async |fixture| {
        let messages: Rc<RefCell<Vec<Rc<ConsoleMessage>>>> = Rc::default();
        let kept = messages.clone();
        fixture.page.set_has_listeners(PageEventKind::Console, true);
        fixture.browser.set_event_sink(Rc::new(move |event| {
            if let Event::Page(_, PageEvent::Console(message)) = event {
                kept.borrow_mut().push(message);
            }
        }));
        fixture.eval("console.log('hello', 5, null, undefined, -0, 7n, {foo: 'bar'}, document.body); 0").await;
        fixture.eval("console.warn('careful'); 0").await;
        let heard: Vec<(String, String)> =
            messages.borrow().iter().map(|message| (message.kind().to_owned(), message.text().to_owned())).collect();
        let expected = [("log", "hello 5   0 7 JSHandle@object JSHandle@node"), ("warning", "careful")];
        assert_eq!(heard, expected.map(|(kind, text)| (kind.to_owned(), text.to_owned())));
        assert_eq!(messages.borrow()[0].args().len(), 8);
    })
    .await;
}
