//! A Chromium of the test's own and a page in it; afterwards nothing of them is left.

#![allow(dead_code, unreachable_pub)] // each test file uses some of it
#![allow(clippy::unwrap_used)] // only tests are here

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use browser::browser::Browser;
use browser::event::{Event, PageEvent};
use browser::launch::{LaunchOptions, Sandbox};
use browser::page::{GotoOptions, NavigationOptions, Page};
use browser::remote_object::{Argument, EvaluationResult, PageFunction};
use serde_json::Value;
use testkit::site::Site;

/// Long enough for every wait of a test that works.
const DEADLINE: Duration = Duration::from_secs(60);

/// What a test has.
#[derive(Clone)]
pub struct TestPage {
    pub browser: Rc<Browser>,
    pub page: Rc<Page>,
    pub site: Rc<Site>,
    events: Rc<RefCell<Vec<String>>>,
    streams: Rc<RefCell<Vec<String>>>,
}

/// Runs a test on a new page. `CHROMIUM_EXECUTABLE` names another browser than the one found.
pub fn on_page<F: Future<Output = ()>>(test: impl FnOnce(TestPage) -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let run_dir = tempfile::tempdir().unwrap();
        let options = LaunchOptions {
            executable: std::env::var_os("CHROMIUM_EXECUTABLE").map(Into::into),
            run_dir: run_dir.path().to_owned(),
            sandbox: Sandbox::if_possible(),
            ..LaunchOptions::default()
        };
        let browser = Browser::launch(&options).await.unwrap();
        let group = browser.process_id().unwrap();
        let events = Rc::new(RefCell::new(Vec::new()));
        let streams = Rc::new(RefCell::new(Vec::new()));
        let (seen, opened) = (events.clone(), streams.clone());
        browser.set_event_sink(Rc::new(move |event| {
            if let Event::CdpSession(_, _, params) = &event
                && let Some(handle) = params["stream"].as_str()
            {
                opened.borrow_mut().push(handle.to_owned());
            }
            seen.borrow_mut().push(describe(&event));
        }));
        let context = browser.create_browser_context().await.unwrap();
        let page = context.new_page().await.unwrap();
        let site = Rc::new(Site::start());
        events.borrow_mut().clear();
        let test_page = TestPage { browser: browser.clone(), page: page.clone(), site, events, streams };
        tokio::time::timeout(DEADLINE, test(test_page)).await.expect("the test came to no end");
        let session = page.session().clone();
        if !page.is_closed() {
            context.close().await.unwrap();
        }
        page.target().closed().await;
        assert!(page.is_closed());
        assert_eq!(session.listener_count(), 0, "somebody still listens to a closed page");
        browser.close().await;
        assert_eq!(Rc::strong_count(&browser), 1, "somebody keeps the closed browser");
        drop((page, context, browser));
        assert_eq!(std::fs::read_dir(run_dir.path()).unwrap().count(), 0, "the profile directory is left");
        assert_eq!(living_members(group).len(), 0, "processes are left");
    });
}

fn describe(event: &Event) -> String {
    match event {
        Event::Page(_, PageEvent::Request(request)) => format!("request {}", request.url()),
        Event::Page(_, PageEvent::RequestFinished(request)) => format!("requestfinished {}", request.url()),
        Event::Page(_, PageEvent::RequestFailed(request)) => format!("requestfailed {}", request.url()),
        Event::Page(_, PageEvent::Response(response)) => format!("response {} {}", response.status(), response.url()),
        Event::Page(_, PageEvent::Console(message)) => format!("console {} {}", message.kind(), message.text()),
        Event::Page(_, PageEvent::PageError(thrown)) => {
            format!("pageerror {}", thrown.text().lines().next().unwrap_or_default())
        }
        Event::Page(_, PageEvent::FrameAttached(frame)) => format!("frameattached {}", frame.url()),
        Event::Page(_, PageEvent::FrameNavigated(frame)) => format!("framenavigated {}", frame.url()),
        Event::Page(_, PageEvent::FrameDetached(frame)) => format!("framedetached {}", frame.url()),
        Event::Page(_, event) => event.kind().name().unwrap_or("bindingcalled").to_owned(),
        Event::TargetCreated(target) => format!("targetcreated {} {}", target.target_type(), target.url()),
        Event::TargetChanged(target) => format!("targetchanged {}", target.url()),
        Event::TargetDestroyed(target) => format!("targetdestroyed {}", target.url()),
        Event::Disconnected => "disconnected".to_owned(),
        Event::WorkerConsole(_, message) => format!("worker console {}", message.text()),
        Event::WorkerError(_, thrown) => format!("worker error {}", thrown.text()),
        Event::CdpSession(_, method, _) => method.clone(),
        Event::Download(event) => format!("{event:?}"),
        Event::DownloadFolder(folder) => format!("download folder {folder}"),
        Event::Refused(text) => format!("refused: {text}"),
        Event::DeviceFound(_, device) => format!("devicefound {}", device.name),
        Event::BadCertificate(host) => format!("badcertificate {host}"),
    }
}

/// Processes of that group that are not yet dead (a dead one may still wait for its new parent).
pub fn living_members(group: i32) -> Vec<u32> {
    let members = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let entry = entry.ok()?;
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        let fields: Vec<String> = stat.rsplit_once(')')?.1.split_whitespace().map(str::to_owned).collect();
        let lives = fields[2] == group.to_string() && fields[0] != "Z";
        lives.then(|| entry.file_name().to_str()?.parse().ok())?
    });
    members.collect()
}

pub fn function(source: &str) -> PageFunction {
    PageFunction::function(source).unwrap()
}

pub fn until(milestone: &str) -> NavigationOptions {
    NavigationOptions { timeout: None, wait_until: vec![milestone.to_owned()] }
}

impl TestPage {
    /// Goes to a page of the site and waits for `load`.
    pub async fn open(&self, path: &str) {
        self.page.goto(&self.site.url(path), GotoOptions::default()).await.unwrap();
    }

    pub async fn value(&self, source: &str) -> Value {
        self.value_of(source, Vec::new()).await
    }

    pub async fn value_of(&self, source: &str, arguments: Vec<Argument>) -> Value {
        match self.page.evaluate(function(source), arguments).await.unwrap() {
            EvaluationResult::Json(value) => value,
            other => panic!("{source} gave {other:?}"),
        }
    }

    /// The events so far, the site's address left out.
    pub fn events(&self) -> Vec<String> {
        let origin = self.site.origin();
        self.events.borrow().iter().map(|event| event.replace(&origin, "")).collect()
    }

    pub fn events_of(&self, names: &[&str]) -> Vec<String> {
        let mut events = self.events();
        events.retain(|event| names.contains(&event.split(' ').next().unwrap()));
        events
    }

    /// The streams that the script's sessions were handed.
    pub fn streams(&self) -> Vec<String> {
        self.streams.borrow().clone()
    }

    pub fn forget_streams(&self) {
        self.streams.borrow_mut().clear();
    }

    pub fn forget_events(&self) {
        self.events.borrow_mut().clear();
    }
}
