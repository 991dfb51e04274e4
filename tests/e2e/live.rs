//! A job as it runs: what is told while somebody watches, and what is not while nobody does.

use std::time::{Duration, Instant};

use futures::StreamExt;
use job_queue::{JobQueue, Topic};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::site::Site;
use tests::client::Client;
use tests::stack::Stack;

const DEADLINE: Duration = Duration::from_secs(60);

/// Works on its page for as long as `vars.ms`, with a line in its log and two calls every 100 ms.
const BUSY: &str = "
    await page.goto(vars.url);
    const end = Date.now() + +vars.ms;
    for (let i = 0; Date.now() < end; i++) {
      logger.info('step %d', i);
      await page.evaluate((i) => { document.title = i; document.body.textContent = `step ${i}`; }, i);
      await sleep(100);
    }";

/// An event of a stream.
#[derive(Debug)]
struct Event {
    id: String,
    name: String,
    data: Value,
}

/// Follows a job until `enough` says so of the events so far, or the stream ends.
async fn follow(client: &Client, path: &str, last: &str, mut enough: impl FnMut(&[Event]) -> bool) -> Vec<Event> {
    let request = client.request(Method::GET, path);
    let request = if last.is_empty() { request } else { request.header("last-event-id", last) };
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "{path}");
    let (mut stream, mut text, mut events) = (answer.bytes_stream(), String::new(), Vec::new());
    let read = async {
        while let Some(Ok(piece)) = stream.next().await {
            text.push_str(&String::from_utf8_lossy(&piece));
            while let Some((event, rest)) = text.split_once("\n\n") {
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
                let data = serde_json::from_str(field("data: ")).unwrap_or_default();
                let (id, name) = (field("id: ").to_owned(), field("event: ").to_owned());
                if !name.is_empty() {
                    events.push(Event { id, name, data });
                }
                text = rest.to_owned();
                if enough(&events) {
                    return;
                }
            }
        }
    };
    let in_time = tokio::time::timeout(DEADLINE, read).await.is_ok();
    assert!(in_time, "enough of {path}: {events:?}");
    events
}

fn count(events: &[Event], name: &str) -> usize {
    events.iter().filter(|event| event.name == name).count()
}

async fn create(client: &Client, uuid: &str, site: &Site, ms: u64, record: &str) {
    let vars = json!({"url": site.url("/"), "ms": ms.to_string()});
    client.create(json!({"uuid": uuid, "code": BUSY, "vars": vars, "record": record})).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_watches_sees_calls_navigations_and_pictures_at_any_gateway() {
    let site = Site::start();
    let folder = tempfile::tempdir().expect("a folder");
    let address = format!("file://{}", folder.path().display());
    let mut stack = Stack::start(0).await;
    stack.add_executor(&[("FILES_URL", address.as_str())]);
    let near = stack.client();
    let far = stack.add_gateway(&[]).await.client();
    create(&near, "busy", &site, 10_000, "failed").await;
    site.wait_for_request("/").await;
    let enough = |events: &[Event]| count(events, "frame") >= 3 && count(events, "call") >= 10;
    let (first, plain) = tokio::join!(
        follow(&near, "/jobs/busy/events?live", "", enough),
        follow(&near, "/jobs/busy/events", "", |events| count(events, "log") >= 8),
    );
    assert_eq!(first[0].name, "status");
    let goto = first.iter().find(|event| event.name == "call").expect("a call");
    assert_eq!((&goto.data["name"], &goto.data["id"]), (&json!("page.goto"), &json!(1)), "from the beginning");
    let ended = first.iter().find(|event| event.name == "call" && !event.data["duration"].is_null());
    assert!(ended.is_some_and(|event| event.data["name"] == "page.goto"), "{first:?}");
    assert!(first.iter().any(|event| event.name == "navigated" && event.data["url"] == site.url("/")), "{first:?}");
    let frame = first.iter().find(|event| event.name == "frame").expect("a picture");
    assert!(frame.data["jpeg"].as_str().is_some_and(|jpeg| jpeg.starts_with("/9j/")), "a JPEG file");
    assert!(plain.iter().all(|event| event.name == "log" || event.name == "status"), "{plain:?}");

    // Another gateway's client hears from the beginning, too, and each line once.
    let other = follow(&far, "/jobs/busy/events?live", "", enough).await;
    let goto = other.iter().find(|event| event.name == "call").expect("a call");
    assert_eq!(goto.data["id"], 1);
    // A stream goes on where it broke off.
    let last = &first.last().expect("an event").id;
    let rest = follow(&near, "/jobs/busy/events?live", last, |_| false).await;
    assert!(rest.last().is_some_and(|event| event.name == "result" && event.data["error"] == ""), "{rest:?}");
    let seen: Vec<String> =
        first.iter().chain(&rest).filter(|event| event.name == "log").map(|event| event.data.to_string()).collect();
    let job = near.get("busy").await;
    let logged: Vec<String> =
        job.logs.expect("a log").iter().map(|line| serde_json::to_value(line).expect("a line").to_string()).collect();
    assert_eq!(seen, logged, "each line once and in order");
    let begun = |events: &[Event]| -> Vec<u64> {
        let begun = events.iter().filter(|event| event.name == "call" && event.data["duration"].is_null());
        begun.filter_map(|event| event.data["id"].as_u64()).collect()
    };
    let (before, after) = (begun(&first), begun(&rest));
    assert!(after.iter().all(|id| !before.contains(id)), "{before:?} {after:?}");

    // A job that keeps no recording is seen from when on somebody watches.
    create(&near, "unrecorded", &site, 10_000, "never").await;
    follow(&near, "/jobs/unrecorded/events?live", "", enough).await;
    assert_eq!(near.send(Method::POST, "/jobs/unrecorded/cancel", None).await.status(), 200);
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_job_that_nobody_watches_three_broadcasts_travel() {
    let site = Site::start();
    let stack = Stack::start(1).await;
    let client = stack.client();
    let queue = stack.queue();
    let mut heard = queue.subscribe(Topic::JobEvents).await.expect("a subscription");
    // The executor has heard the gateway.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut broadcasts = async |uuid: &str| {
        let mut events = Vec::new();
        loop {
            let body = tokio::time::timeout(DEADLINE, heard.next()).await.expect("an event").expect("the broker lives");
            let event: Value = serde_json::from_slice(&body).expect("JSON");
            if event["uuid"] != uuid {
                continue;
            }
            events.push(event["event"].as_str().expect("a name").to_owned());
            if event["data"]["status"] == "done" {
                return events;
            }
        }
    };
    create(&client, "alone", &site, 1500, "always").await;
    assert_eq!(broadcasts("alone").await, ["status", "status", "status"], "queued, running, done");

    create(&client, "watched", &site, 2500, "always").await;
    let (events, _) = tokio::join!(
        broadcasts("watched"),
        follow(&client, "/jobs/watched/events?live", "", |events| count(events, "result") > 0)
    );
    for name in ["log", "call", "navigated", "frame"] {
        assert!(events.iter().any(|event| event == name), "{name}: {events:?}");
    }
    // Nobody watches any more: nothing is told after a few seconds.
    create(&client, "left", &site, 12_000, "always").await;
    follow(&client, "/jobs/left/events?live", "", |events| count(events, "frame") > 1).await;
    let begun = Instant::now();
    let events = broadcasts("left").await;
    let frames = events.iter().filter(|event| *event == "frame").count();
    assert!(begun.elapsed() > Duration::from_secs(5) && frames < 16, "{frames} pictures in {:?}", begun.elapsed());
    stack.stop().await;
}
