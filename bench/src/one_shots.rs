//! `POST /screenshot` of `puppet-master up`, a job in a context of its own each, beside the usual home-made server with one warm
//! browser for everybody.

use std::path::Path;

use testkit::ports;
use testkit::processes::{tree_cpu, tree_memory};

use crate::calls::bench_site;
use crate::load::{self, Ask, Login};
use crate::programs::{self, Asked};
use crate::report::{Aim, Report, quantile};
use crate::subject::{Subject, UP};

const SECTION: &str = "one-shots";
const HOME_MADE: &str = "one warm browser";
/// The same with what our one-shots ask of Chromium: a context for each request, and the quick PNG encoder.
const ALIKE: &str = "the same, working alike";
/// Requests under way at the same time.
const CONNECTIONS: usize = 8;
/// Requests of a turn.
const REQUESTS: usize = 48;

/// What there are pictures of: its name, its path, and how many times as many pictures per second ours should give.
const PAGES: [(&str, &str, Option<Aim>); 3] = [
    ("a line of text", "/second.html", None),
    ("an article", "/article.html", None),
    ("a shop", "/shop.html", Some(Aim::AtLeast(1.5))),
];

/// Who answers.
struct Server {
    name: &'static str,
    base: String,
    /// The process that starts its others.
    process: u32,
}

/// What a server's turns took.
#[derive(Default)]
struct Taken {
    seconds: f64,
    processor_seconds: f64,
    latencies: Vec<f64>,
}

/// Measures throughput, processor time and latency with eight clients.
pub(crate) async fn run(report: &mut Report, rounds: u32, chromium: &Path) -> anyhow::Result<()> {
    let site = bench_site();
    site.page("/article.html", include_str!("../pages/article.html"));
    site.page("/shop.html", include_str!("../pages/shop.html"));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let ours = Subject::up(chromium, cores).await?;
    let (usual, usual_program) = home_made(HOME_MADE, &[], chromium).await?;
    let (alike, alike_program) = home_made(ALIKE, &["alike"], chromium).await?;
    let servers = [Server { name: UP, base: ours.base().to_owned(), process: ours.worker.process() }, usual, alike];
    for (page, path, aim) in PAGES {
        report.section(&format!("POST /screenshot of {page}, {CONNECTIONS} clients"));
        measure(report, rounds, &servers, page, (&site.url(path), aim)).await?;
    }
    report.section("Memory of all its processes, Chromium's with it");
    for server in &servers {
        #[expect(clippy::cast_precision_loss, reason = "a figure in MiB does not mind")]
        report.add(SECTION, "memory", server.name, tree_memory(server.process) as f64 / f64::from(1 << 20), "MiB");
    }
    alike_program.stop().await;
    usual_program.stop().await;
    ours.stop().await;
    Ok(())
}

async fn home_made(name: &'static str, kind: &[&str], chromium: &Path) -> anyhow::Result<(Server, Asked)> {
    let port = ports::free().to_string();
    let arguments = [&[port.as_str()], kind].concat();
    let program = Asked::start(programs::node("one_shots.mjs", &arguments, chromium)).await?;
    Ok((Server { name, base: format!("http://127.0.0.1:{port}"), process: program.id() }, program))
}

/// Takes pictures of one page, by turns, and reports them.
async fn measure(
    report: &mut Report,
    rounds: u32,
    servers: &[Server],
    page: &str,
    (url, aim): (&str, Option<Aim>),
) -> anyhow::Result<()> {
    let mut all: Vec<Taken> = servers.iter().map(|_| Taken::default()).collect();
    for server in servers {
        // Everything is warm after some requests.
        turn(server, url, 2 * CONNECTIONS, &mut Taken::default()).await?;
    }
    for _ in 0..rounds {
        for (server, taken) in servers.iter().zip(&mut all) {
            turn(server, url, REQUESTS, taken).await?;
        }
    }
    let [rate, latency, cost] =
        ["screenshots", "screenshot, p95", "processor time"].map(|what| format!("{what}, {page}"));
    for (server, taken) in servers.iter().zip(&all) {
        #[expect(clippy::cast_precision_loss, reason = "a rate does not mind")]
        let pictures = taken.latencies.len() as f64;
        report.add(SECTION, &rate, server.name, pictures / taken.seconds, "1/s");
        report.add(SECTION, &latency, server.name, quantile(&taken.latencies, 0.95), "ms");
        report.add(SECTION, &cost, server.name, taken.processor_seconds * 1000.0 / pictures, "ms");
    }
    for (name, aim) in [(&rate, aim), (&latency, None), (&cost, None)] {
        report.compare(SECTION, name, UP, HOME_MADE, aim);
        report.compare(SECTION, name, UP, ALIKE, None);
    }
    Ok(())
}

async fn turn(server: &Server, url: &str, requests: usize, taken: &mut Taken) -> anyhow::Result<()> {
    let ask = Ask::post_for(format!("{}/screenshot", server.base), serde_json::json!({ "url": url }).to_string());
    let before = tree_cpu(server.process);
    let login = Login::Token(Subject::TOKEN.to_owned());
    let turn = load::run(CONNECTIONS, requests, &login, move |_| ask.clone()).await?;
    taken.processor_seconds += tree_cpu(server.process).saturating_sub(before).as_secs_f64();
    taken.seconds += turn.seconds;
    taken.latencies.extend(turn.latencies);
    Ok(())
}
