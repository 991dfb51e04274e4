//! The page as job code finds it: what the predecessor did to each page before it handed it over.

use std::rc::Rc;

use browser::remote_object::PageFunction;
use browser::{Page, Viewport};

/// `navigator.language` and `navigator.languages` follow the Accept-Language header.
const LANGUAGE: &str = "
    Object.defineProperty(Navigator.prototype, 'language', {configurable: true, enumerable: true, get: () => 'en'});
    Object.defineProperty(Navigator.prototype, 'languages', {configurable: true, enumerable: true, get: () => ['en']});
    undefined;
";

/// Viewport 1920×1080, language `en`.
pub(crate) async fn apply(page: &Rc<Page>) -> Result<(), browser::Error> {
    let viewport = Viewport::of_size(1920, 1080);
    let (viewport, headers, language, language_now) = tokio::join!(
        page.set_viewport(viewport),
        page.set_extra_http_headers(vec![("Accept-Language".to_owned(), "en".to_owned())]),
        page.evaluate_on_new_document(LANGUAGE),
        // The document that is there counts, too: `setContent` writes into it.
        page.evaluate(PageFunction::expression(LANGUAGE), Vec::new()),
    );
    viewport?;
    headers?;
    language?;
    language_now?;
    Ok(())
}
