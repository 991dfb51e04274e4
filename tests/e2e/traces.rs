//! A job's trace, as an OpenTelemetry collector gets it from all processes together.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use reqwest::Method;
use serde_json::json;
use testkit::processes::Process;
use testkit::services;
use testkit::site::Site;
use tests::stack::{Stack, TOKEN};
use tokio::net::TcpListener;

const DEADLINE: Duration = Duration::from_secs(60);

/// Spans with the name of the service that they came from.
type Received = Arc<Mutex<Vec<(String, Span)>>>;

/// A collector on a port of its own, which lives as long as the test.
async fn collector() -> (String, Received) {
    let received = Received::default();
    let router = Router::new().route("/v1/traces", post(take)).with_state(received.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, received)
}

async fn take(State(received): State<Received>, headers: HeaderMap, body: Bytes) {
    assert_eq!(headers["content-type"], "application/x-protobuf");
    assert_eq!(headers["x-key"], "secret");
    let request = ExportTraceServiceRequest::decode(body).expect("OTLP");
    let mut received = received.lock().expect("nobody panicked");
    for resource in request.resource_spans {
        let service = text(&resource.resource.expect("a resource").attributes, "service.name").expect("a name");
        for span in resource.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            received.push((service.clone(), span));
        }
    }
}

fn text(attributes: &[KeyValue], name: &str) -> Option<String> {
    let pair = attributes.iter().find(|pair| pair.key == name)?;
    match pair.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        _ => None,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_has_one_trace_over_all_processes() {
    let site = Site::start();
    let (address, received) = collector().await;
    let mut stack = Stack::services(services::rabbitmq().await, services::couchdb().await);
    stack.env = vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT".to_owned(), address),
        ("OTEL_EXPORTER_OTLP_HEADERS".to_owned(), "x-key=secret".to_owned()),
    ];
    stack.add_gateway(&[]).await;
    stack.client().wait_ready(DEADLINE).await;
    stack.add_executor(&[]);
    let client = stack.client();

    let code = format!("await page.goto('{0}/?key=1'); await page.goto('{0}/second.html')", site.origin());
    let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let request = client.request(Method::POST, "/jobs").header("traceparent", traceparent);
    let request = request.json(&json!({"uuid": "traced", "code": code}));
    assert_eq!(request.send().await.expect("an answer").status(), 201);
    assert_eq!(client.wait_done("traced", DEADLINE).await.error, "");
    assert_eq!(client.run(json!({"uuid": "own", "code": "results.ok = true"})).await.error, "");
    let unwanted = client.request(Method::POST, "/jobs").header("traceparent", traceparent.replace("-01", "-00"));
    let unwanted = unwanted.json(&json!({"uuid": "unwanted", "code": "results.ok = true"}));
    assert_eq!(unwanted.send().await.expect("an answer").status(), 201);
    assert_eq!(client.wait_done("unwanted", DEADLINE).await.error, "");
    // What is told is told by the end.
    let access = stack.gateways[0].process.stderr();
    stack.stop_processes().await;

    let spans = received.lock().expect("nobody panicked").clone();
    let of = |job: &str| -> Vec<&(String, Span)> {
        let trace = spans.iter().find(|(_, span)| text(&span.attributes, "job.id").as_deref() == Some(job));
        let trace = &trace.unwrap_or_else(|| panic!("no span of {job}")).1.trace_id;
        spans.iter().filter(|(_, span)| span.trace_id == *trace).collect()
    };
    let traced = of("traced");
    let names: Vec<(&str, &str)> =
        traced.iter().map(|(service, span)| (service.as_str(), span.name.as_str())).collect();
    let expected = BTreeMap::from([
        (("puppet-master-gateway", "accept"), 1),
        (("puppet-master-gateway", "store"), 1),
        (("puppet-master-executor", "queue wait"), 1),
        (("puppet-master-executor", "prepare"), 1),
        (("puppet-master-executor", "run"), 1),
        (("puppet-master-executor", "navigation"), 2),
        (("puppet-master-executor", "publish"), 1),
    ]);
    let mut counted = BTreeMap::new();
    names.iter().for_each(|name| *counted.entry(*name).or_insert(0) += 1);
    assert_eq!(counted, expected);
    let one = |name: &str| &traced.iter().find(|(_, span)| span.name == name).expect("it is there").1;
    let (accept, run) = (one("accept"), one("run"));
    assert_eq!(hex(&accept.trace_id), "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(hex(&accept.parent_span_id), "b7ad6b7169203331");
    for (_, span) in &traced {
        let parent = match span.name.as_str() {
            "accept" => continue,
            "navigation" => run,
            _ => accept,
        };
        assert_eq!(span.parent_span_id, parent.span_id, "{}", span.name);
        assert!(span.start_time_unix_nano <= span.end_time_unix_nano && span.start_time_unix_nano > 0);
    }
    let urls: BTreeSet<Option<String>> = traced
        .iter()
        .filter(|(_, span)| span.name == "navigation")
        .map(|(_, span)| text(&span.attributes, "url.full"))
        .collect();
    let url = |path: &str| Some(format!("{}{path}", site.origin()));
    assert_eq!(urls, BTreeSet::from([url("/"), url("/second.html")]), "no query: it may hold a secret");
    assert_eq!(text(&run.attributes, "job.outcome").as_deref(), Some("succeeded"));

    let own = of("own");
    assert_ne!(own[0].1.trace_id, accept.trace_id);
    assert!(own.iter().any(|(_, span)| span.name == "accept" && span.parent_span_id.is_empty()));
    let unwanted = spans.iter().any(|(_, span)| text(&span.attributes, "job.id").as_deref() == Some("unwanted"));
    assert!(!unwanted, "the client does not want it");
    access_log_tells(&access);
    stack.assert_nothing_left().await;
}

/// Each request with its path and its token's name, and no token.
fn access_log_tells(log: &str) {
    let lines: Vec<serde_json::Value> = log
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|line| line["message"] == "request answered")
        .collect();
    let created = lines.iter().find(|line| line["http.method"] == "POST").expect("a line for the first job");
    assert_eq!((&created["http.path"], &created["http.status"]), (&json!("/jobs"), &json!(201)));
    assert_eq!((&created["level"], &created["token"]), (&json!("INFO"), &json!("API_TOKEN")));
    assert!(created["request.id"].is_string() && created["duration_ms"].is_number(), "{created}");
    assert!(!lines.iter().any(|line| line["http.path"] == "/readyz"), "health checks are no news");
    assert!(!log.contains(&format!("\"{TOKEN}\"")), "no token");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_endpoint_messages_say_nothing_of_traces() {
    let mut stack = Stack::services(services::rabbitmq().await, services::couchdb().await);
    stack.add_gateway(&[("ACCESS_LOG", "off")]).await;
    let client = stack.client();
    client.wait_ready(DEADLINE).await;
    let queue = stack.queue();
    let mut jobs = job_queue::JobQueue::consume(&queue, job_queue::Queue::Jobs, std::num::NonZeroU16::MIN)
        .await
        .expect("a consumer");
    let request = client.request(Method::POST, "/jobs");
    let request = request.header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    let request = request.json(&json!({"uuid": "plain", "code": "results.ok = true"}));
    assert_eq!(request.send().await.expect("an answer").status(), 201);
    let delivery = tokio::time::timeout(DEADLINE, jobs.next()).await.expect("in time").expect("a delivery");
    let headers: Vec<&String> = delivery.message.headers.keys().collect();
    assert_eq!(headers, ["x-puppet-master-queued-at"]);
    delivery.ack().await.expect("ack");
    let gateway: &Process = &stack.gateways[0].process;
    assert!(!gateway.stderr().contains("request answered"));
    drop(jobs);
    stack.stop().await;
}
