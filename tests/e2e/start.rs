//! Starting up: mistakes in the configuration, and servers that are not there yet.

use std::time::Duration;

use testkit::processes::{self, Program};
use testkit::services;
use tests::stack::Stack;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_or_malformed_variable_names_itself_and_ends_the_start_with_2() {
    for name in ["puppet-master-gateway", "puppet-master-executor"] {
        let mut process = Program::new(processes::binary(name)).env("QUEUE_PORT", "many").spawn();
        let status = process.wait(Duration::from_secs(20)).await;
        assert_eq!(status.code(), Some(2), "{name}: {}", process.stderr());
        assert!(process.stderr().contains("QUEUE_"), "{name}: {}", process.stderr());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_and_a_broker_that_come_late_are_waited_for() {
    let mut broker = services::private_rabbitmq().await;
    let mut database = services::couchdb().await;
    broker.kill();
    database.kill();
    let mut stack = Stack::services(broker, database);
    stack.add_gateway(&[]).await;
    stack.add_executor(&[]);
    stack.gateways[0].process.wait_for_output("trying again", Duration::from_secs(30)).await;
    stack.database.restart().await;
    stack.broker.restart().await;
    let client = stack.client();
    let job = loop {
        let response =
            client.send(reqwest::Method::POST, "/jobs", Some(serde_json::json!({"code": "results.ok = true"}))).await;
        if response.status() == 201 {
            let body: serde_json::Value = response.json().await.expect("JSON");
            break body["data"]["uuid"].as_str().expect("a uuid").to_owned();
        }
        assert!(response.status().is_server_error(), "{}", response.status());
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let job = client.wait_done(&job, Duration::from_secs(60)).await;
    assert_eq!(job.error, "");
    stack.stop().await;
}
