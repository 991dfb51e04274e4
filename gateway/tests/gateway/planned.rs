//! Scripts, schedules, jobs that depend on others, and batches.

use gateway::Scope;
use job_model::{JobId, JobStatus, Outcome, WaitsFor};
use job_queue::Queue;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::running::{
    Backend, Running, answer, api_only, named, on_every_backend, result, settings, token_file, with_file, within,
};
use crate::sweeping::take_job;

on_every_backend!(
    a_script_is_kept_in_versions_and_its_vars_are_checked,
    a_schedule_makes_a_job_of_each_tick_until_it_rests,
    a_schedule_that_cannot_be_is_refused_by_field,
    jobs_begin_after_others_with_their_results,
    a_job_whose_dependency_fails_ends_with_a_reason,
    a_batch_is_counted_until_its_end_and_run_again_where_it_failed,
    a_batch_with_a_row_that_cannot_be_a_job_is_incomplete_until_it_is_sent_again,
    a_batch_is_cancelled,
);

async fn put(gateway: &Running, path: &str, body: &Value) -> (StatusCode, Value) {
    answer(gateway.request(Method::PUT, path).json(body)).await
}

fn id(job: &Value) -> JobId {
    JobId::parse(job["uuid"].as_str().unwrap_or_else(|| panic!("{job}"))).unwrap()
}

async fn a_script_is_kept_in_versions_and_its_vars_are_checked(backend: Backend) {
    let gateway = Running::start(&backend.parts, api_only()).await;
    let script = json!({"code": "one", "vars": {"a": "1", "b": "2"}, "timeout": 30, "network": {"proxy": "http://u:hunter2@p:1"}});
    let (status, made) = put(&gateway, "/scripts/s", &script).await;
    assert_eq!((status, &made["data"]["version"]), (StatusCode::CREATED, &json!(1)), "{made}");
    assert!(!made.to_string().contains("hunter2"));
    let schema = json!({"properties": {"a": {"pattern": "^[0-9]+$"}}, "required": ["c"]});
    let (status, made) = put(&gateway, "/scripts/s", &json!({"code": "two", "vars_schema": schema})).await;
    assert_eq!((status, &made["data"]["version"]), (StatusCode::OK, &json!(2)), "{made}");
    let (_, old) = gateway.get("/scripts/s?version=1").await;
    assert_eq!((&old["data"]["job"]["code"], &old["data"]["latest"]), (&json!("one"), &json!(2)), "{old}");
    assert_eq!(gateway.get("/scripts/s").await.1["data"]["vars_schema"], schema);
    assert_eq!(gateway.get("/scripts/s?version=3").await.0, StatusCode::NOT_FOUND);
    assert_eq!(gateway.get("/scripts").await.1["data"][0]["version"], 2);

    let (status, job) = gateway.post("/scripts/s/jobs?version=1", &json!({"vars": {"b": "3"}, "timeout": 5})).await;
    assert_eq!(status, StatusCode::CREATED, "{job}");
    let stored = backend.parts.store.get(&id(&job["data"])).await.unwrap().value;
    assert_eq!(
        (stored.code.as_str(), stored.timeout, stored.vars["a"].as_str(), stored.vars["b"].as_str()),
        ("one", Some(5), "1", "3")
    );
    assert_eq!(stored.script.map(|script| (script.name, script.version)), Some(("s".to_owned(), 1)));
    let (status, refused) = gateway.post("/scripts/s/jobs", &json!({"vars": {"a": "x"}})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
    assert_eq!(refused["errors"].as_object().unwrap().keys().collect::<Vec<_>>(), ["a", "c"]);
    let (status, _) = answer(gateway.request(Method::POST, "/scripts/s/jobs?version=1")).await;
    assert_eq!(status, StatusCode::CREATED, "a body is not needed");
    for (path, body) in [
        ("/scripts/s", json!({"code": "x", "uuid": "j"})),
        ("/scripts/s", json!({"cod": "x"})),
        ("/scripts/s", json!({"vars_schema": {"$ref": "https://example.org/"}})),
        ("/scripts/s", json!({"timeout": 0})),
        ("/scripts/-", json!({})),
    ] {
        let (status, refused) = put(&gateway, path, &body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{refused}");
    }
    assert_eq!(gateway.post("/scripts/s/jobs", &json!({"code": "x"})).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(answer(gateway.request(Method::DELETE, "/scripts/s")).await.0, StatusCode::NO_CONTENT);
    assert_eq!(gateway.get("/scripts/s?version=1").await.0, StatusCode::NOT_FOUND);
    gateway.stop().await;
}

async fn a_schedule_makes_a_job_of_each_tick_until_it_rests(backend: Backend) {
    let gateways = [Running::start(&backend.parts, settings()).await, Running::start(&backend.parts, settings()).await];
    put(&gateways[0], "/scripts/s", &json!({"code": "run", "vars": {"a": "1"}})).await;
    let wish = json!({"cron": "@every 1s", "script": "s", "job": {"vars": {"b": "2"}}});
    let (status, made) = put(&gateways[0], "/schedules/tick", &wish).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    assert_eq!(made["data"]["next"].as_array().unwrap().len(), 5);
    let runs = within(async {
        loop {
            let (_, read) = gateways[1].get("/schedules/tick").await;
            let runs = read["data"]["runs"].as_array().unwrap().clone();
            if runs.len() >= 2 {
                return runs;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    })
    .await;
    let (status, paused) = gateways[1].post("/schedules/tick/pause", &json!({})).await;
    assert_eq!((status, &paused["data"]["next"]), (StatusCode::OK, &json!([])), "{paused}");
    let first = runs.last().unwrap();
    let job = backend.parts.store.get(&JobId::parse(first["job"].as_str().unwrap()).unwrap()).await.unwrap().value;
    let tick = job.schedule.clone().unwrap();
    assert_eq!((tick.name.as_str(), json!(tick.tick)), ("tick", first["tick"].clone()));
    assert_eq!((job.code.as_str(), job.vars["a"].as_str(), job.vars["b"].as_str()), ("run", "1", "2"));
    // One after the other: the first is on the queue, the next waits for its end.
    assert_eq!(take_job(&backend).await.uuid, job.uuid);
    let second = JobId::parse(runs[runs.len() - 2]["job"].as_str().unwrap()).unwrap();
    assert_eq!(backend.parts.store.get(&second).await.unwrap().value.waits_for, Some(WaitsFor::Key));
    let (_, resumed) = gateways[0].post("/schedules/tick/resume", &json!({})).await;
    assert_eq!(resumed["data"]["next"].as_array().unwrap().len(), 5);
    assert_eq!(answer(gateways[0].request(Method::DELETE, "/schedules/tick")).await.0, StatusCode::NO_CONTENT);
    assert_eq!(gateways[1].get("/schedules/tick").await.0, StatusCode::NOT_FOUND);
    assert!(backend.parts.store.get(&job.uuid).await.is_ok());
    for gateway in gateways {
        gateway.stop().await;
    }
}

async fn a_schedule_that_cannot_be_is_refused_by_field(backend: Backend) {
    let gateway = Running::start(&backend.parts, api_only()).await;
    for (wish, field) in [
        (json!({"job": {"code": ""}}), "cron"),
        (json!({"cron": "* *", "job": {"code": ""}}), "cron"),
        (json!({"cron": "@daily", "time_zone": "Berlin", "job": {"code": ""}}), "time_zone"),
        (json!({"cron": "@daily", "jitter": "2d", "job": {"code": ""}}), "jitter"),
        (json!({"cron": "@daily", "catch_up": "never", "job": {"code": ""}}), "never"),
        (json!({"cron": "@daily", "crom": 1, "job": {"code": ""}}), "crom"),
        (json!({"cron": "@daily"}), "script"),
        (json!({"cron": "@daily", "job": {"run_at": "2030-01-01T00:00:00Z"}}), "job.run_at"),
        (json!({"cron": "@daily", "job": {"cod": ""}}), "job.cod"),
    ] {
        let (status, refused) = put(&gateway, "/schedules/x", &wish).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{wish}: {refused}");
        assert!(refused["message"].as_str().unwrap().contains(field), "{wish}: {refused}");
    }
    assert_eq!(
        put(&gateway, "/schedules/x", &json!({"cron": "@daily", "script": "none"})).await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(gateway.get("/schedules").await.1, json!({"data": [], "next": null}));
    gateway.stop().await;
}

#[tokio::test]
async fn what_a_token_made_is_its_own() {
    let backend = Backend::embedded();
    let scopes = [Scope::JobsCreate, Scope::JobsRead, Scope::JobsDelete];
    let (alice, bob) = (named("alice", &scopes), named("bob", &scopes));
    let file = token_file(&[(&alice, ""), (&bob, "")]);
    let gateway = Running::start(&backend.parts, with_file(&file, api_only())).await;
    let wish = json!({"cron": "@daily", "job": {"code": ""}});
    let script = json!({"code": ""});
    for (path, body) in [("/schedules/x", &wish), ("/scripts/x", &script)] {
        let made = answer(gateway.request_as(&alice, Method::PUT, path).json(body)).await;
        assert_eq!((made.0, &made.1["data"]["owner"]), (StatusCode::CREATED, &json!("alice")));
        assert_eq!(answer(gateway.request_as(&bob, Method::PUT, path).json(body)).await.0, StatusCode::CONFLICT);
        assert_eq!(answer(gateway.request_as(&bob, Method::GET, path)).await.0, StatusCode::NOT_FOUND);
        assert_eq!(answer(gateway.request_as(&bob, Method::DELETE, path)).await.0, StatusCode::NOT_FOUND);
        let list = path.trim_end_matches("/x");
        assert_eq!(answer(gateway.request_as(&bob, Method::GET, list)).await.1["data"], json!([]));
        assert_eq!(answer(gateway.request(Method::GET, list)).await.1["data"][0]["name"], "x");
    }
    let batch = answer(gateway.request_as(&alice, Method::POST, "/batches").body("[{}]")).await;
    assert_eq!(batch.0, StatusCode::CREATED, "{}", batch.1);
    let path = format!("/batches/{}", id(&batch.1["data"]));
    assert_eq!(answer(gateway.request_as(&bob, Method::GET, &path)).await.0, StatusCode::NOT_FOUND);
    assert_eq!(answer(gateway.request_as(&alice, Method::GET, &path)).await.0, StatusCode::OK);
    let jobs = answer(gateway.request_as(&alice, Method::GET, "/jobs")).await.1;
    assert_eq!(jobs["data"][0]["owner"], "alice");
    // One of a token's jobs cannot depend on what it cannot see.
    let theirs = id(&jobs["data"][0]);
    let body = json!({"depends_on": [theirs]});
    let refused = answer(gateway.request_as(&bob, Method::POST, "/jobs").json(&body)).await;
    assert_eq!(refused.0, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.1);
    gateway.stop().await;
}

async fn jobs_begin_after_others_with_their_results(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    let (first, second) = (gateway.create(&json!({})).await, gateway.create(&json!({})).await);
    let wish = json!({"depends_on": [second], "vars": {"own": "x"},
        "vars_from": {"text": {"job": first, "result": "a"}, "number": {"job": first, "result": "b"}}});
    let third = gateway.create(&wish).await;
    let (_, missing) = gateway.post("/jobs", &json!({"depends_on": ["nobody"]})).await;
    assert_eq!(missing["errors"]["depends_on"][0], "There is no job nobody.");
    for id in [&first, &second] {
        assert_eq!(&take_job(&backend).await.uuid, id);
    }
    gateway.send_result(result(&first).to_string()).await;
    gateway.done(&first).await;
    let waiting = gateway.job_when(&third, |job| job.waits_for.is_some()).await;
    assert_eq!((waiting.waits_for, waiting.status), (Some(WaitsFor::Jobs), JobStatus::Created));
    gateway.send_result(result(&second).to_string()).await;
    let message = take_job(&backend).await;
    assert_eq!(message.uuid, third);
    let vars: Vec<_> = message.vars.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(vars, [("number", "1"), ("own", "x"), ("text", "<x>")]);
    gateway.stop().await;
}

async fn a_job_whose_dependency_fails_ends_with_a_reason(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    let (failing, deleted, poor) =
        (gateway.create(&json!({})).await, gateway.create(&json!({})).await, gateway.create(&json!({})).await);
    let retry = json!({"times": 3});
    let of_failing = gateway.create(&json!({"depends_on": [failing], "retry": retry})).await;
    let of_of_failing = gateway.create(&json!({"depends_on": [of_failing]})).await;
    let of_deleted = gateway.create(&json!({"depends_on": [deleted]})).await;
    let of_poor = gateway.create(&json!({"vars_from": {"v": {"job": poor, "result": "none"}}})).await;
    let mut failed = result(&failing);
    failed["error"] = json!("boom");
    gateway.send_result(failed.to_string()).await;
    gateway.send_result(result(&poor).to_string()).await;
    assert_eq!(answer(gateway.request(Method::DELETE, &format!("/jobs/{deleted}"))).await.0, StatusCode::NO_CONTENT);
    for (job, reason) in [
        (&of_failing, format!("job {failing}, on which this one depends, did not succeed: failed")),
        (&of_of_failing, format!("job {of_failing}, on which this one depends, did not succeed: failed")),
        (&of_deleted, format!("job {deleted}, on which this one depends, was deleted")),
        (&of_poor, format!("job {poor}, on which this one depends, has no result \"none\" for the var \"v\"")),
    ] {
        let ended = gateway.done(job).await;
        assert_eq!((ended.error, ended.outcome, ended.attempts), (reason, Some(Outcome::Failed), None));
    }
    gateway.stop().await;
}

async fn send_batch(gateway: &Running, body: String) -> (StatusCode, Value) {
    answer(gateway.request(Method::POST, "/batches").body(body)).await
}

async fn batch_when(gateway: &Running, id: &JobId, condition: impl Fn(&Value) -> bool) -> Value {
    within(async {
        loop {
            let (_, read) = gateway.get(&format!("/batches/{id}")).await;
            if condition(&read["data"]) {
                return read["data"].clone();
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    })
    .await
}

async fn a_batch_is_counted_until_its_end_and_run_again_where_it_failed(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    let head = json!({"batch": {"name": "pages", "job": {"code": "shared", "vars": {"x": "1"}},
        "webhook": {"url": "http://127.0.0.1:9/", "secret": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}}});
    let rows = [
        json!({"vars": {"n": "0"}}),
        json!({"vars": {"n": "1"}}),
        json!({"vars": {"n": "2"}, "vars_from": {"found": {"job": "#0", "result": "a"}}}),
    ];
    let body = std::iter::once(&head).chain(&rows).map(|row| format!("{row}\n")).collect::<String>();
    let (status, made) = send_batch(&gateway, body).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let batch = id(&made["data"]);
    assert_eq!((&made["data"]["accepted"], &made["data"]["counts"]), (&json!(3), &json!({"waiting": 3})), "{made}");
    assert_eq!((&made["data"]["name"], &made["data"]["webhook"]["secret"]), (&json!("pages"), &json!("***")));
    let (_, jobs) = gateway.get(&format!("/batches/{batch}/jobs?per_page=2")).await;
    let page: Vec<_> = jobs["data"].as_array().unwrap().iter().map(id).collect();
    assert_eq!(page, [0, 1].map(|row| JobId::parse(format!("{batch}-{row:05}")).unwrap()));
    let next = jobs["next"].as_str().unwrap();
    let (_, jobs) = gateway.get(&format!("/batches/{batch}/jobs?per_page=2&after={next}")).await;
    let third = id(&jobs["data"][0]);

    for _ in 0..2 {
        let job = take_job(&backend).await;
        assert_eq!((job.code.as_str(), job.vars["x"].as_str(), job.batch), ("shared", "1", Some(batch.clone())));
    }
    gateway.send_result(result(&page[0]).to_string()).await;
    let mut failed = result(&page[1]);
    failed["error"] = json!("boom");
    gateway.send_result(failed.to_string()).await;
    let last = take_job(&backend).await;
    assert_eq!((&last.uuid, last.vars["found"].as_str()), (&third, "<x>"));
    gateway.send_result(result(&third).to_string()).await;
    let done = batch_when(&gateway, &batch, |batch| batch["finished_at"].is_string()).await;
    assert_eq!((&done["state"], &done["counts"]), (&json!("done"), &json!({"failed": 1, "succeeded": 2})), "{done}");
    let deliveries = backend
        .parts
        .records
        .list(job_store::records::RecordQuery::first(job_store::records::RecordKind("delivery"), 9));
    assert_eq!(deliveries.await.unwrap().len(), 1, "the end is told once");

    let (status, again) = gateway.post(&format!("/batches/{batch}/rerun"), &json!({})).await;
    assert_eq!((status, &again["data"]["rerun_of"]), (StatusCode::ACCEPTED, &json!(batch)), "{again}");
    let job = take_job(&backend).await;
    assert_eq!((job.rerun_of.as_ref(), job.vars["n"].as_str()), (Some(&page[1]), "1"));
    assert_eq!(job.batch.as_ref(), Some(&id(&again["data"])));
    gateway.send_result(result(&job.uuid).to_string()).await;
    let done = batch_when(&gateway, &id(&again["data"]), |batch| batch["finished_at"].is_string()).await;
    assert_eq!((&done["accepted"], &done["counts"]), (&json!(1), &json!({"succeeded": 1})), "{done}");
    let (_, listed) = gateway.get("/batches").await;
    assert_eq!(listed["data"].as_array().unwrap().len(), 2);
    assert_eq!(backend.parts.queue.depth(Queue::Jobs).await.unwrap(), 0);
    gateway.stop().await;
}

async fn a_batch_with_a_row_that_cannot_be_a_job_is_incomplete_until_it_is_sent_again(backend: Backend) {
    let gateway = Running::start(&backend.parts, api_only()).await;
    let batch = JobId::parse("my-batch").unwrap();
    let head = json!({"batch": {"uuid": batch}});
    // A gateway notes how far it is after 500; the stand-in for CouchDB is slow.
    let (count, bad) = if backend.couchdb.is_some() { (30, 20) } else { (700, 650) };
    let mut rows: Vec<_> = (0..count).map(|n| json!({"vars": {"n": n.to_string()}})).collect();
    let body =
        |rows: &[Value]| format!("[{head},{}]", rows.iter().map(Value::to_string).collect::<Vec<_>>().join(",\n"));
    rows[bad] = json!({"timeout": -1});
    let (status, refused) = send_batch(&gateway, body(&rows)).await;
    assert_eq!((status, &refused["data"]["incomplete"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(true)), "{refused}");
    assert!(refused["message"].as_str().unwrap().starts_with(&format!("row {bad}: ")), "{refused}");
    assert_eq!((&refused["data"]["accepted"], &refused["data"]["counts"]), (&json!(bad), &json!({"waiting": bad})));
    let first = backend.parts.store.get(&JobId::parse("my-batch-00000").unwrap()).await.unwrap();

    rows[bad] = json!({});
    let (status, made) = send_batch(&gateway, body(&rows)).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    assert_eq!((&made["data"]["accepted"], &made["data"]["counts"]), (&json!(count), &json!({"waiting": count})));
    assert_eq!(made["data"].get("incomplete"), None);
    let still = backend.parts.store.get(&first.value.uuid).await.unwrap();
    assert_eq!(still, first, "a row that was a job makes no second one");
    assert_eq!(send_batch(&gateway, body(&rows)).await.0, StatusCode::CONFLICT);
    for (body, status) in [
        ("", StatusCode::BAD_REQUEST),
        ("[]", StatusCode::BAD_REQUEST),
        ("null", StatusCode::BAD_REQUEST),
        (r#"{"batch":{"jobs":[]}}"#, StatusCode::BAD_REQUEST),
        (r#"{"batch":{"script":"none"}}"#, StatusCode::BAD_REQUEST),
        (r#"{"uuid":"x"}"#, StatusCode::UNPROCESSABLE_ENTITY),
        (r##"{"depends_on":["#0"]}"##, StatusCode::UNPROCESSABLE_ENTITY),
        (r#"{}{"cod":""}"#, StatusCode::UNPROCESSABLE_ENTITY),
        (r#"{"#, StatusCode::BAD_REQUEST),
    ] {
        let (answered, told) = send_batch(&gateway, body.to_owned()).await;
        assert_eq!(answered, status, "{body}: {told}");
    }
    gateway.stop().await;
}

async fn a_batch_is_cancelled(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    let (_, made) = send_batch(&gateway, "{}".repeat(20)).await;
    let batch = id(&made["data"]);
    let (status, _) = gateway.post(&format!("/batches/{batch}/cancel"), &json!({})).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let done = batch_when(&gateway, &batch, |batch| batch["finished_at"].is_string()).await;
    assert_eq!(done["counts"], json!({"cancelled": 20}));
    assert_eq!(gateway.post("/batches/none/cancel", &json!({})).await.0, StatusCode::NOT_FOUND);
    gateway.stop().await;
}
