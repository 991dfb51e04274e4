//! One-shots while executors are killed: every request has the picture of the page that it asked for.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use testkit::services;
use testkit::site::Site;
use tests::client::Client;
use tests::s3::S3Server;
use tests::stack::Stack;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::size;
use crate::victims::{Victim, start_executors};

/// Requests under way at the same time.
const AT_ONCE: usize = 8;
const COLOURS: [&str; 4] = ["red", "lime", "blue", "gray"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_one_shot_is_answered_rightly_while_executors_are_killed() {
    let count: usize = size("CHAOS_ONE_SHOTS", 24);
    let site = Site::start();
    site.route("/colour", |request| {
        let colour = request.query.get("is").cloned().unwrap_or_default();
        ([("content-type", "text/html")], format!("<body style='background: {colour}'>"))
    });
    let store = S3Server::start().await;
    let mut stack = Stack::services(services::rabbitmq().await, services::couchdb().await);
    stack.env = store.env();
    let client = stack.add_gateway(&[]).await.client();
    client.wait_ready(Duration::from_secs(60)).await;
    start_executors(&mut stack);
    let url = |colour: &str| site.url(&format!("/colour?is={colour}"));
    let mut pictures = Vec::new();
    for colour in COLOURS {
        let picture = picture(&client, &url(colour)).await;
        assert!(picture.starts_with(b"\x89PNG") && !pictures.contains(&picture), "{colour}");
        pictures.push(picture);
    }

    let (mut asked, mut under_way, mut wrong, mut kills) = (0, JoinSet::new(), 0, 0);
    let mut answered = 0;
    while answered < count {
        while asked < count && under_way.len() < AT_ONCE {
            let (client, number) = (client.clone(), asked % COLOURS.len());
            let url = url(COLOURS[number]);
            under_way.spawn(async move { (number, picture(&client, &url).await) });
            asked += 1;
        }
        let (number, picture) = under_way.join_next().await.expect("one is under way").expect("an answer");
        wrong += usize::from(picture != pictures[number]);
        answered += 1;
        // In the middle of some, never the one that has just begun to work.
        if answered % 10 == 5 {
            sleep(Duration::from_millis(30 * (answered as u64 % 7))).await;
            Victim::Executor.kill(&mut stack, kills).await;
            kills += 1;
        }
    }
    println!("{count} one-shots, executors killed {kills} times: {wrong} wrong answers");
    assert_eq!(wrong, 0);
    stack.stop().await;
}

async fn picture(client: &Client, url: &str) -> Vec<u8> {
    let request = client.request(Method::POST, "/screenshot").timeout(Duration::from_secs(120));
    let answer = request.json(&json!({ "url": url })).send().await.expect("an answer");
    let status = answer.status();
    let bytes = answer.bytes().await.expect("all of it");
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&bytes));
    bytes.to_vec()
}
