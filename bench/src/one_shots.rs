//! `POST /screenshot` of `puppet-master up`, a job in a context of its own each, beside the usual home-made server with one warm
//! browser for everybody.

use std::path::Path;

use testkit::ports;

use crate::calls::bench_site;
use crate::load::{self, Ask, Login};
use crate::programs::{self, Asked};
use crate::report::{Aim, Report, quantile};
use crate::subject::{Subject, UP};

const SECTION: &str = "one-shots";
const HOME_MADE: &str = "one warm browser";
/// Requests under way at the same time.
const CONNECTIONS: usize = 8;
/// Requests of a turn.
const REQUESTS: usize = 64;

/// Measures throughput and latency with eight clients.
pub(crate) async fn run(report: &mut Report, rounds: u32, chromium: &Path) -> anyhow::Result<()> {
    let site = bench_site();
    let url = site.url("/second.html");
    report.section(&format!("POST /screenshot, {CONNECTIONS} clients"));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let ours = Subject::up(chromium, cores).await?;
    let port = ports::free();
    let theirs = Asked::start(programs::node("one_shots.mjs", &[&port.to_string()], chromium)).await?;
    let subjects = [(UP, ours.base().to_owned()), (HOME_MADE, format!("http://127.0.0.1:{port}"))];
    let mut all = [(0.0, Vec::new()), (0.0, Vec::new())];
    for (_, base) in &subjects {
        // Everything is warm after some requests.
        turn(base, &url, 2 * CONNECTIONS).await?;
    }
    for _ in 0..rounds {
        for ((_, base), (seconds, latencies)) in subjects.iter().zip(&mut all) {
            let taken = turn(base, &url, REQUESTS).await?;
            *seconds += taken.seconds;
            latencies.extend(taken.latencies);
        }
    }
    for ((name, _), (seconds, latencies)) in subjects.iter().zip(&all) {
        #[expect(clippy::cast_precision_loss, reason = "a rate does not mind")]
        report.add(SECTION, "screenshots", name, latencies.len() as f64 / seconds, "1/s");
        report.add(SECTION, "screenshot, p95", name, quantile(latencies, 0.95), "ms");
    }
    report.compare(SECTION, "screenshots", UP, HOME_MADE, Some(Aim::AtLeast(1.5)));
    report.compare(SECTION, "screenshot, p95", UP, HOME_MADE, None);
    theirs.stop().await;
    ours.stop().await;
    Ok(())
}

async fn turn(base: &str, url: &str, requests: usize) -> anyhow::Result<load::Taken> {
    let ask = Ask::post_for(format!("{base}/screenshot"), serde_json::json!({ "url": url }).to_string());
    load::run(CONNECTIONS, requests, &Login::Token(Subject::TOKEN.to_owned()), move |_| ask.clone()).await
}
