//! Puppeteer's calls: the same script as a job in one of our slots and on Node, and our model in Rust without a script.

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::Context;
use browser::element_handle::ElementHandle;
use browser::input::mouse::ClickOptions;
use browser::page::GotoOptions;
use browser::remote_object::PageFunction;
use browser::wait_task::WaitForOptions;
use browser::{Browser, LaunchOptions, Page, Viewport};
use serde_json::{Value, json};
use testkit::site::Site;

use crate::programs::{self, Asked};
use crate::report::{Aim, Report, median};
use crate::subject::Subject;

const SECTION: &str = "calls";
const OURS: &str = "ours, in a job";
const MODEL: &str = "ours, in Rust";
const OLD: &str = "puppeteer-1.20";
const NEWEST: &str = "puppeteer-newest";
const FASTER: &str = "the faster Puppeteer";
const BARE: &str = "a bare command of the protocol";
const DEADLINE: Duration = Duration::from_secs(120);
const CODE: &str = include_str!("../node/calls.js");

/// The timed calls: the script's name, what it is, and the largest ratio that we aim at.
const CALLS: [(&str, &str, f64); 4] = [
    ("evaluate", "page.evaluate(() => 1)", 0.35),
    ("eval", "page.$eval", 0.35),
    ("click", "click + waitForSelector", 0.8),
    ("goto", "goto + title", 1.0),
];

const BENCH_PAGE: &str = "<!doctype html><title>Bench</title><p id=text>some text</p><button id=more>more</button>
<script>let count = 0;
document.querySelector('#more').addEventListener('click', () => {
  const item = document.createElement('p');
  item.id = 'item-' + count++;
  document.body.append(item);
});</script>";

/// What a subject's calls took, in milliseconds.
type Samples = BTreeMap<String, Vec<f64>>;

/// Runs `rounds` rounds, each of all subjects one after the other.
pub(crate) async fn run(report: &mut Report, rounds: u32, chromium: &Path) -> anyhow::Result<()> {
    report.section("Puppeteer's calls: median of small batches, subjects in turn");
    let site = bench_site();
    let run_dir = tempfile::tempdir()?;
    let ours = Subject::up(chromium, 1).await?;
    let mut nodes = Vec::new();
    for name in [OLD, NEWEST] {
        nodes.push((name, Asked::start(programs::node("calls.mjs", &[name], chromium)).await?));
    }
    let model = Model::launch(run_dir.path(), chromium).await?;
    let mut all: BTreeMap<&str, Samples> = BTreeMap::new();
    let vars = json!({ "site": site.origin(), "times": "1" });
    // The first round warms everything up and does not count.
    for round in 0..=rounds {
        let mut keep = |name, samples: Samples| {
            for (call, mut values) in samples {
                if round > 0 {
                    all.entry(name).or_default().entry(call).or_default().append(&mut values);
                }
            }
        };
        keep(OURS, serde_json::from_value(ours.results(CODE, vars.clone()).await?)?);
        for (name, node) in &mut nodes {
            let answer = node.ask(&vars.to_string(), DEADLINE).await?;
            keep(name, serde_json::from_str(&answer)?);
        }
        keep(MODEL, model.round(&site.origin()).await?);
        keep(BARE, model.bare().await?);
    }
    ours.stop().await;
    for (_, node) in nodes {
        node.stop().await;
    }
    model.browser.close().await;
    describe(report, &all);
    Ok(())
}

/// The fixture site with the page that the calls are made on.
pub(crate) fn bench_site() -> Site {
    let site = Site::start();
    site.page("/bench.html", BENCH_PAGE);
    site.page("/second.html", "<!doctype html><title>Second</title><p>A second page.</p>");
    site
}

fn describe(report: &mut Report, all: &BTreeMap<&str, Samples>) {
    let of = |subject: &str, call: &str| all.get(subject).and_then(|samples| samples.get(call)).map(|v| median(v));
    for (call, name, aim) in CALLS {
        for subject in [OURS, MODEL, OLD, NEWEST] {
            report.add(SECTION, name, subject, of(subject, call).unwrap_or(f64::NAN), "ms");
        }
        let faster = [OLD, NEWEST].into_iter().filter_map(|subject| of(subject, call)).fold(f64::INFINITY, f64::min);
        report.add(SECTION, name, FASTER, faster, "ms");
        report.compare(SECTION, name, OURS, FASTER, Some(Aim::AtMost(aim)));
        report.compare(SECTION, name, MODEL, FASTER, None);
        // What Chromium itself takes: nobody's evaluate can be faster.
        if let Some(bare) = of(BARE, call) {
            report.add(SECTION, name, BARE, bare, "ms");
            report.compare(SECTION, name, BARE, FASTER, None);
        }
    }
}

/// The model of the browser, called from Rust: what is left without the script engine.
struct Model {
    browser: Rc<Browser>,
    page: Rc<Page>,
}

impl Model {
    async fn launch(run_dir: &Path, chromium: &Path) -> anyhow::Result<Self> {
        let options = LaunchOptions {
            executable: Some(chromium.to_owned()),
            extra_args: programs::CHROMIUM_ARGS.map(str::to_owned).to_vec(),
            run_dir: run_dir.to_owned(),
            ..LaunchOptions::default()
        };
        let browser = Browser::launch(&options).await?;
        let page = browser.create_browser_context().await?.new_page().await?;
        page.set_viewport(Viewport::of_size(1920, 1080)).await?;
        Ok(Self { browser, page })
    }

    async fn round(&self, site: &str) -> anyhow::Result<Samples> {
        let mut samples = Samples::new();
        let page = &self.page;
        let one = function("() => 1")?;
        let text = function("(element) => element.textContent")?;
        self.goto(&format!("{site}/bench.html")).await?;
        page.evaluate(one.clone(), Vec::new()).await?;
        for _ in 0..200 {
            let began = Instant::now();
            page.evaluate(one.clone(), Vec::new()).await?;
            note(&mut samples, "evaluate", began);
        }
        for _ in 0..60 {
            let began = Instant::now();
            page.main_frame().eval_on_selector("#text", text.clone(), Vec::new()).await?;
            note(&mut samples, "eval", began);
        }
        for click in 0..20 {
            let began = Instant::now();
            page.main_frame().click("#more", ClickOptions::default()).await?;
            let found =
                page.main_frame().wait_for_selector(&format!("#item-{click}"), WaitForOptions::default()).await?;
            let _: ElementHandle = found.context("the click had no effect")?;
            note(&mut samples, "click", began);
        }
        for _ in 0..10 {
            let began = Instant::now();
            self.goto(&format!("{site}/second.html")).await?;
            page.main_frame().title().await?;
            note(&mut samples, "goto", began);
        }
        Ok(samples)
    }

    /// The shortest way to a value of the page: one command, sent as it is.
    async fn bare(&self) -> anyhow::Result<Samples> {
        let mut samples = Samples::new();
        for _ in 0..200 {
            let began = Instant::now();
            let arguments = json!({ "expression": "1", "returnByValue": true });
            self.page.session().send_raw("Runtime.evaluate", arguments).await?;
            note(&mut samples, "evaluate", began);
        }
        Ok(samples)
    }

    async fn goto(&self, url: &str) -> anyhow::Result<()> {
        self.page.goto(url, GotoOptions::default()).await?;
        Ok(())
    }
}

fn function(source: &str) -> anyhow::Result<PageFunction> {
    PageFunction::function(source).map_err(|error| anyhow::anyhow!("{error:?}"))
}

fn note(samples: &mut Samples, call: &str, began: Instant) {
    samples.entry(call.to_owned()).or_default().push(began.elapsed().as_secs_f64() * 1000.0);
}

/// What the section ran, for the JSON file.
pub(crate) fn parameters(rounds: u32) -> Value {
    json!({ "rounds": rounds, "calls_per_round": { "evaluate": 200, "eval": 60, "click": 20, "goto": 10 } })
}
