//! Coverage of scripts, by V8's block counts.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use chromiumoxide::cdp::js_protocol::{debugger, profiler};
use futures::future::LocalBoxFuture;
use serde::Deserialize;

use super::{CountedRange, CoverageEntry, used_ranges};
use crate::dialect::Dialect;
use crate::error::{Error, ProtocolError};
use crate::exception::EVALUATION_SCRIPT_URL;
use crate::session::{RawEvent, Session, Subscription};

/// What of a page's scripts is covered.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JsCoverageOptions {
    /// Whether a navigation forgets the scripts before it.
    pub reset_on_navigation: bool,
    /// Whether scripts without an address are reported, too: those of `eval`, for example.
    pub report_anonymous_scripts: bool,
    /// Whether V8's own counts are reported, too.
    pub include_raw_script_coverage: bool,
    /// Whether blocks are counted, not only whole functions.
    pub use_block_coverage: bool,
}

impl Default for JsCoverageOptions {
    fn default() -> Self {
        Self {
            reset_on_navigation: true,
            report_anonymous_scripts: false,
            include_raw_script_coverage: false,
            use_block_coverage: true,
        }
    }
}

/// A script that was parsed; its source is asked for at once, while Chromium still has it.
struct Script {
    id: String,
    url: String,
    source: LocalBoxFuture<'static, Result<String, ProtocolError>>,
}

type Scripts = Rc<RefCell<Vec<Script>>>;

pub(super) struct JsCoverage {
    session: Rc<Session>,
    options: Cell<JsCoverageOptions>,
    scripts: Scripts,
    /// Set while it runs.
    subscription: RefCell<Option<Subscription>>,
}

impl JsCoverage {
    pub(super) fn new(session: Rc<Session>) -> Self {
        Self { session, options: Cell::default(), scripts: Scripts::default(), subscription: RefCell::default() }
    }

    pub(super) async fn start(&self, options: JsCoverageOptions) -> Result<(), Error> {
        if self.subscription.borrow().is_some() {
            return Err(Error::CoverageRuns("JSCoverage"));
        }
        self.options.set(options);
        self.scripts.borrow_mut().clear();
        self.subscription.replace(Some(self.listen(options)));

        let session = &self.session;
        let precise = profiler::StartPreciseCoverageParams {
            call_count: Some(options.include_raw_script_coverage),
            detailed: Some(options.use_block_coverage),
            allow_triggered_updates: None,
        };
        futures::try_join!(
            session.send(profiler::EnableParams::default()),
            session.send(precise),
            session.send(debugger::EnableParams::default()),
            session.send(debugger::SetSkipAllPausesParams::new(true)),
        )?;
        Ok(())
    }

    fn listen(&self, options: JsCoverageOptions) -> Subscription {
        let (scripts, session) = (self.scripts.clone(), Rc::downgrade(&self.session));
        self.session.on_event(move |event: &RawEvent| match event.method.as_str() {
            "Debugger.scriptParsed" => {
                let text = |name: &str| event.params[name].as_str().unwrap_or_default().to_owned();
                let (id, url) = (text("scriptId"), text("url"));
                let anonymous = url.is_empty() && !options.report_anonymous_scripts;
                if let Some(session) = session.upgrade().filter(|_| !anonymous && url != EVALUATION_SCRIPT_URL) {
                    let answer = session.send(debugger::GetScriptSourceParams::new(id.clone()));
                    let source = Box::pin(async move { Ok(answer.await?.script_source) });
                    scripts.borrow_mut().push(Script { id, url, source });
                }
            }
            "Runtime.executionContextsCleared" if options.reset_on_navigation => scripts.borrow_mut().clear(),
            _ => {}
        })
    }

    pub(super) async fn stop(&self, dialect: Dialect) -> Result<Vec<CoverageEntry>, Error> {
        // Still listening until the answer is there: scripts parsed meanwhile are in it.
        if self.subscription.borrow().is_none() {
            return Err(Error::CoverageStopped("JSCoverage"));
        }
        let session = &self.session;
        let taken = futures::try_join!(
            session.send(profiler::TakePreciseCoverageParams::default()),
            session.send(profiler::StopPreciseCoverageParams::default()),
            session.send(profiler::DisableParams::default()),
            session.send(debugger::DisableParams::default()),
        );
        self.subscription.take();
        let scripts = self.scripts.take();
        let (coverage, ..) = taken?;

        let mut sources = Vec::with_capacity(scripts.len());
        for script in scripts {
            // The page may have navigated away from it.
            if let Ok(text) = script.source.await {
                sources.push((script.id, script.url, text));
            }
        }
        let mut entries = Vec::new();
        for script in coverage.result {
            let raw = self.options.get().include_raw_script_coverage.then(|| serde_json::to_value(&script));
            let id = script.script_id.inner();
            let Some(index) = sources.iter().position(|(known, ..)| known == id) else { continue };
            let (_, url, text) = sources.swap_remove(index);
            let url = if url.is_empty() { format!("debugger://VM{id}") } else { url };
            let ranges = script.functions.iter().flat_map(|function| &function.ranges);
            let ranges = ranges.map(|range| CountedRange {
                start: range.start_offset,
                end: range.end_offset,
                count: range.count,
            });
            entries.push(CoverageEntry {
                url,
                ranges: used_ranges(ranges.collect(), dialect),
                text,
                raw: raw.and_then(Result::ok),
            });
        }
        Ok(entries)
    }
}

impl std::fmt::Debug for JsCoverage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JsCoverage").field("runs", &self.subscription.borrow().is_some()).finish_non_exhaustive()
    }
}
