//! The executor alone with the broker: messages as the predecessor's gateway and others send them.

use std::num::NonZeroU16;
use std::time::Duration;

use job_model::JobResult;
use job_queue::{Consumer, JobQueue, Message, Queue};
use serde_json::{Value, json};
use testkit::services;
use tests::stack::Stack;

const DEADLINE: Duration = Duration::from_secs(60);

struct Results(Box<dyn Consumer>);

impl Results {
    /// The next result as it is on the wire.
    async fn next(&mut self) -> Value {
        let delivery =
            tokio::time::timeout(DEADLINE, self.0.next()).await.expect("a result").expect("the broker lives");
        let body = serde_json::from_slice(&delivery.message.body).expect("JSON");
        delivery.ack().await.expect("the broker lives");
        body
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_of_the_predecessors_gateway_become_results_as_its_executor_sent_them() {
    let mut stack = Stack::services(services::rabbitmq().await, services::couchdb().await);
    stack.add_executor(&[]);
    let queue = stack.queue();
    let mut results = Results(queue.consume(Queue::JobResults, NonZeroU16::MIN).await.expect("a consumer"));
    let send = |body: Value| queue.publish(Queue::Jobs, Message::new(body.to_string().into_bytes()));

    let whole = json!({"uuid": "e1", "_rev": "1-x", "code": "logger.info(\"hi\"); results.b = 1; results.a = vars.x;",
        "status": "created", "vars": {"x": "y"}, "modules": {}, "error": "", "logs": null, "results": null,
        "created_at": "2020-01-01T00:00:00Z", "started_at": null, "finished_at": null, "duration": 0});
    send(whole).await.expect("published");
    let result = results.next().await;
    let keys: Vec<&str> = result.as_object().expect("an object").keys().map(String::as_str).collect();
    for key in ["uuid", "logs", "error", "results", "started_at", "finished_at", "duration"] {
        assert!(keys.contains(&key), "{key} is missing in {keys:?}");
    }
    assert_eq!((&result["uuid"], &result["error"]), (&json!("e1"), &Value::Null));
    assert_eq!(result["results"].to_string(), r#"{"b":1,"a":"y"}"#);
    let lines = result["logs"].as_array().expect("lines");
    let texts: Vec<&str> = lines.iter().map(|line| line["message"].as_str().expect("text")).collect();
    let [viewport, language, said, took] = texts[..] else { panic!("{texts:?}") };
    assert_eq!(viewport, "Setting page viewport to width 1920 / height 1080");
    assert_eq!((language, said), ("Setting default language to en", "hi"));
    assert!(took.starts_with("Code took ") && took.ends_with("ms to execute."), "{took}");
    for line in lines {
        let time = line["time"].as_str().expect("text");
        assert!(time.len() == "2026-11-22T18:08:42.311Z".len() && time.ends_with('Z'), "{time}");
    }

    send(json!({"uuid": "e2", "code": "results.ok = 1", "vars": null, "modules": null, "foo": "bar"}))
        .await
        .expect("sent");
    assert_eq!(results.next().await["results"], json!({"ok": 1}));
    send(json!({"uuid": "e3", "code": 5})).await.expect("sent");
    assert!(results.next().await["error"].as_str().expect("text").starts_with("The job could not be read: "));
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_that_are_no_jobs_are_dropped_and_block_nobody() {
    let mut stack = Stack::services(services::rabbitmq().await, services::couchdb().await);
    stack.add_executor(&[]);
    let queue = stack.queue();
    for body in ["", "null", "{}", "\"x\"", "{\"uuid\":", "{\"uuid\":7}", "\u{0}\u{1}"] {
        queue.publish(Queue::Jobs, Message::new(body.as_bytes().to_vec())).await.expect("published");
    }
    let mut counted = Message::new(br#"{"uuid":"last","code":"results.ok = true"}"#.to_vec());
    counted.headers.insert("x-puppet-master-attempt".to_owned(), "many".to_owned());
    queue.publish(Queue::Jobs, counted).await.expect("published");
    let mut results = Results(queue.consume(Queue::JobResults, NonZeroU16::MIN).await.expect("a consumer"));
    let result: JobResult = serde_json::from_value(results.next().await).expect("a result");
    assert_eq!((result.uuid.as_str(), result.error), ("last", None));
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_jobs_and_results_pass() {
    let mut stack = Stack::services(services::rabbitmq().await, services::couchdb().await);
    stack.add_executor(&[]);
    let queue = stack.queue();
    let code = "results.back = vars.text; for (let i = 0; i < 4; i++) logger.info(vars.text.slice(0, 80000))";
    let text = "é\u{1}".repeat(400_000);
    let job = json!({"uuid": "large", "code": code, "vars": {"text": text}});
    queue.publish(Queue::Jobs, Message::new(job.to_string().into_bytes())).await.expect("published");
    let mut results = Results(queue.consume(Queue::JobResults, NonZeroU16::MIN).await.expect("a consumer"));
    let result = results.next().await;
    assert_eq!(result["error"], Value::Null);
    assert!(result["results"]["back"] == text.as_str(), "the text has changed on its way");
    stack.stop().await;
}
