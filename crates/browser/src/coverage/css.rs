//! Coverage of style sheets, by the rules that matched an element.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use chromiumoxide::cdp::browser_protocol::{css, dom};
use futures::future::LocalBoxFuture;

use super::{CountedRange, CoverageEntry, used_ranges};
use crate::dialect::Dialect;
use crate::error::{Error, ProtocolError};
use crate::session::{RawEvent, Session, Subscription};

/// Longest time that a navigation waits for the page to tell its style sheets.
const TELLING: Duration = Duration::from_secs(1);

/// What of a page's style sheets is covered.
#[derive(Clone, Copy, Debug)]
pub struct CssCoverageOptions {
    /// Whether a navigation forgets the style sheets before it.
    pub reset_on_navigation: bool,
}

impl Default for CssCoverageOptions {
    fn default() -> Self {
        Self { reset_on_navigation: true }
    }
}

/// A style sheet that was added; its text is asked for at once, while Chromium still has it.
struct StyleSheet {
    id: String,
    url: String,
    text: LocalBoxFuture<'static, Result<String, ProtocolError>>,
}

type StyleSheets = Rc<RefCell<Vec<StyleSheet>>>;

pub(super) struct CssCoverage {
    session: Rc<Session>,
    sheets: StyleSheets,
    /// Set while it runs.
    subscription: RefCell<Option<Subscription>>,
}

impl CssCoverage {
    pub(super) fn new(session: Rc<Session>) -> Self {
        Self { session, sheets: StyleSheets::default(), subscription: RefCell::default() }
    }

    pub(super) async fn start(&self, options: CssCoverageOptions) -> Result<(), Error> {
        if self.subscription.borrow().is_some() {
            return Err(Error::CoverageRuns("CSSCoverage"));
        }
        self.sheets.borrow_mut().clear();
        self.subscription.replace(Some(self.listen(options)));
        let session = &self.session;
        futures::try_join!(
            session.send(dom::EnableParams::default()),
            session.send(css::EnableParams::default()),
            session.send(css::StartRuleUsageTrackingParams::default()),
        )?;
        Ok(())
    }

    fn listen(&self, options: CssCoverageOptions) -> Subscription {
        let (sheets, session) = (self.sheets.clone(), Rc::downgrade(&self.session));
        self.session.on_event(move |event: &RawEvent| match event.method.as_str() {
            "CSS.styleSheetAdded" => {
                let text = |name: &str| event.params["header"][name].as_str().unwrap_or_default().to_owned();
                let (id, url) = (text("styleSheetId"), text("sourceURL"));
                // A sheet without an address was injected.
                if let Some(session) = session.upgrade().filter(|_| !url.is_empty()) {
                    let answer = session.send(css::GetStyleSheetTextParams::new(id.clone()));
                    let text = Box::pin(async move { Ok(answer.await?.text) });
                    sheets.borrow_mut().push(StyleSheet { id, url, text });
                }
            }
            "Runtime.executionContextsCleared" if options.reset_on_navigation => sheets.borrow_mut().clear(),
            _ => {}
        })
    }

    /// Asks for the texts of all that the document has, before it is left. Chromium tells style sheets after the task
    /// that made them, which may be after `load`.
    pub(super) async fn before_navigation(&self) {
        if self.subscription.borrow().is_some() {
            self.session.caught_up(TELLING).await;
        }
    }

    pub(super) async fn stop(&self, dialect: Dialect) -> Result<Vec<CoverageEntry>, Error> {
        if self.subscription.borrow().is_none() {
            return Err(Error::CoverageStopped("CSSCoverage"));
        }
        let session = &self.session;
        let tracked = session.send(css::StopRuleUsageTrackingParams::default()).await;
        self.subscription.take();
        let sheets = self.sheets.take();
        let usage = tracked?.rule_usage;
        futures::try_join!(session.send(css::DisableParams::default()), session.send(dom::DisableParams::default()))?;

        let mut entries = Vec::with_capacity(sheets.len());
        for sheet in sheets {
            // The page may have navigated away from it.
            let Ok(text) = sheet.text.await else { continue };
            let rules = usage.iter().filter(|rule| rule.style_sheet_id.inner() == &sheet.id);
            let ranges = rules.map(|rule| CountedRange {
                start: offset(rule.start_offset),
                end: offset(rule.end_offset),
                count: i64::from(rule.used),
            });
            entries.push(CoverageEntry {
                url: sheet.url,
                ranges: used_ranges(ranges.collect(), dialect),
                text,
                raw: None,
            });
        }
        Ok(entries)
    }
}

/// The protocol calls it a number; it is a whole one.
fn offset(number: f64) -> i64 {
    #[allow(clippy::cast_possible_truncation)] // whole, and no longer than a text
    {
        number as i64
    }
}

impl std::fmt::Debug for CssCoverage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CssCoverage").field("runs", &self.subscription.borrow().is_some()).finish_non_exhaustive()
    }
}
