//! A browser with one page, for as long as a test runs.

use std::rc::Rc;
use std::time::Duration;

use browser::browser::Browser;
use browser::js_handle::ElementHandle;
use browser::launch::{LaunchOptions, Sandbox};
use browser::page::{GotoOptions, NavigationOptions, Page};
use browser::remote_object::PageFunction;
use serde_json::Value;
use testkit::site::Site;

const DEADLINE: Duration = Duration::from_secs(60);

pub(crate) struct Fixture {
    pub(crate) browser: Rc<Browser>,
    pub(crate) page: Rc<Page>,
    pub(crate) site: Site,
}

/// Runs a test with a fresh browser. Every wait inside has this deadline.
pub(crate) async fn with_page(test: impl AsyncFnOnce(&Fixture)) {
    let run = async {
        let directory = tempfile::tempdir().expect("a directory");
        let executable = std::env::var_os("CHROMIUM_EXECUTABLE").map(Into::into);
        let options = LaunchOptions {
            executable,
            run_dir: directory.path().to_owned(),
            sandbox: Sandbox::if_possible(),
            ..LaunchOptions::default()
        };
        let browser = Browser::launch(&options).await.expect("Chromium starts");
        let context = browser.create_browser_context().await.expect("a context");
        let page = context.new_page().await.expect("a page");
        let fixture = Fixture { browser, page, site: Site::start() };
        test(&fixture).await;
        fixture.browser.close().await;
    };
    let tasks = tokio::task::LocalSet::new();
    tokio::time::timeout(DEADLINE, tasks.run_until(run)).await.expect("the test ends in time");
}

impl Fixture {
    pub(crate) async fn goto(&self, path: &str) {
        self.page.goto(&self.site.url(path), GotoOptions::default()).await.expect("a page");
    }

    pub(crate) async fn set_content(&self, html: &str) {
        self.page.main_frame().set_content(html, NavigationOptions::default()).await.expect("a document");
    }

    /// The value of an expression.
    pub(crate) async fn eval(&self, expression: &str) -> Value {
        let value = self.page.evaluate(PageFunction::expression(expression), Vec::new()).await;
        value.unwrap_or_else(|error| panic!("{expression}: {error}")).into_json()
    }

    pub(crate) async fn element(&self, selector: &str) -> ElementHandle {
        let found = self.page.main_frame().query_selector(selector).await.expect("a selector");
        found.unwrap_or_else(|| panic!("no {selector}"))
    }
}
