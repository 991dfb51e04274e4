//! What a job's start reads of the prelude: exact lists, so that whoever adds to each job's start notices.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use browser::launch::Sandbox;
use browser::{Browser, LaunchOptions};
use script::resources::ResourceRef;
use script::{Host, Limits, Script, Stop};
use testkit::site::Site;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// What every job reads.
const ALWAYS: &str = "core/api core/arrays core/buffer_class core/end core/errors core/handles core/inspect/number_text core/late \
                      core/main core/named_messages core/ops core/primordials core/puppeteer_errors core/result_files core/results \
                      core/v8_messages node/console node/format node/job_helpers node/json node/locale node/promise_any node/radix \
                      node/timers";
/// What a job reads besides that calls on its page.
const OF_PAGE: &str = "puppeteer/abort puppeteer/byte_stream puppeteer/cookie_forms puppeteer/disposal puppeteer/element_handle \
                       puppeteer/event_emitter puppeteer/event_wait puppeteer/frame puppeteer/js_handle puppeteer/keyboard \
                       puppeteer/options puppeteer/page puppeteer/page_function puppeteer/pdf puppeteer/request \
                       puppeteer/screenshot";

/// The modules of the prelude that are read on this thread.
#[derive(Clone, Default)]
struct Reads(Arc<Mutex<Vec<String>>>);

impl Subscriber for Reads {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "script::prelude"
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

impl Visit for Reads {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "module" {
            let name = value.strip_prefix("internal:").expect("a module of the prelude").to_owned();
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(name);
        }
    }
    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

/// Runs a job; answers the modules that it read, sorted.
async fn read_by(code: &str, host: Host, vars: BTreeMap<String, String>) -> Vec<String> {
    let reads = Reads::default();
    let guard = tracing::subscriber::set_default(reads.clone());
    let script = Script { code: code.to_owned(), vars, ..Script::default() };
    let limits = Limits { deadline: Duration::from_secs(30), ..Limits::default() };
    let (report, _) = script::run(script, host, limits, Stop::default(), |_| {}).await;
    drop(guard);
    assert_eq!(report.error, None);
    let mut read = reads.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    read.sort();
    read
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    tokio::task::LocalSet::new().block_on(&runtime, test);
}

fn sorted(names: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = names.iter().flat_map(|names| names.split_whitespace()).map(str::to_owned).collect();
    names.sort();
    names
}

#[test]
fn a_trivial_job_reads_what_every_job_reads() {
    run(async {
        for code in ["results.a = 1", "logger.info('%d', 1); await sleep(1); return { a: [1] }"] {
            assert_eq!(read_by(code, Host::default(), BTreeMap::new()).await, sorted(&[ALWAYS]), "{code}");
        }
    });
}

/// What changes a built-in may change what a module takes from it that is read later.
#[test]
fn code_that_may_change_built_ins_finds_all_read() {
    run(async {
        let code = "Map.prototype.get = Map.prototype.set = () => { throw 1 }; results.a = Buffer.from('a').length";
        let before = read_by(code, Host::default(), BTreeMap::new()).await;
        let code = format!("{code}; URL; console.table([1]); puppeteer.devices; files; util.inspect({{}})");
        let named = read_by(&code, Host::default(), BTreeMap::new()).await;
        let more: Vec<_> = named.into_iter().filter(|name| !before.contains(name)).collect();
        assert_eq!(more, sorted(&["core/global_util node/url"]));
    });
}

#[test]
fn a_plain_page_job_reads_the_page_and_its_answer() {
    run(async {
        let folder = tempfile::tempdir().expect("a directory");
        let (run_dir, sandbox) = (folder.path().to_owned(), Sandbox::if_possible());
        let options = LaunchOptions { run_dir, sandbox, ..LaunchOptions::default() };
        let browser = Browser::launch(&options).await.expect("a browser");
        let site = Site::start();
        let vars = || BTreeMap::from([("site".to_owned(), site.origin())]);
        let context = browser.create_browser_context().await.expect("a context");
        browser.set_default_context(&context);
        let host = async || {
            let page = context.new_page().await.expect("a page");
            Host { page: Some(ResourceRef::new(page)), ..Host::default() }
        };
        let code = "await page.goto(vars.site); results.title = await page.title()";
        assert_eq!(read_by(code, host().await, vars()).await, sorted(&[ALWAYS, OF_PAGE, "puppeteer/response"]));
        assert_eq!(read_by("results.a = 1", host().await, vars()).await, sorted(&[ALWAYS]));
        // One that does not name its page has it all the same.
        let code = "const { [`pa${'ge'}`]: it } = globalThis; await it.goto(vars.site); await it.title()";
        assert_eq!(read_by(code, host().await, vars()).await, sorted(&[ALWAYS, OF_PAGE, "puppeteer/response"]));
        browser.close().await;
    });
}
