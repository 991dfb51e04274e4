//! What is CouchDB's alone: foreign documents, the index, rejected batches, refused credentials.

#![allow(clippy::unwrap_used, reason = "a test's functions beside the tests themselves")]

mod recorder;

use axum::http::{Method, StatusCode};
use futures::future::join_all;
use job_model::{Job, JobId, JobState, JobStatus, JobSummary, NewJob, Timestamp, TokenName};
use job_store::contract::Writing;
use job_store::couchdb::{CouchDbConfig, CouchDbJobStore};
use job_store::{Change, JobFilter, JobStore, LeftoverQuery, ListQuery, StoreError, Stored};
use recorder::{Answer, Recorder};
use serde_json::{Value, json};
use testkit::services::CouchDb;

const EVERYTHING: ListQuery = ListQuery { filter: JobFilter::ALL, skip: 0, limit: 100 };

/// A database behind a recording proxy.
struct Fixture {
    server: CouchDb,
    proxy: Recorder,
    store: CouchDbJobStore,
}

impl Fixture {
    async fn prepared() -> Self {
        let fixture = Self::scripted(|_, _, _| None).await;
        fixture.store.prepare().await.unwrap();
        fixture.proxy.take();
        fixture
    }

    async fn scripted(script: impl Fn(&Method, &str, &[u8]) -> Answer + Send + Sync + 'static) -> Self {
        let server = testkit::services::couchdb().await;
        let proxy = Recorder::start(server.url(), script).await;
        let store = store(proxy.port, &server.password);
        Self { server, proxy, store }
    }

    async fn put(&self, id: &str, document: Value) -> Value {
        let request = reqwest::Client::new().put(format!("{}/jobs-test/{id}", self.server.url())).json(&document);
        let request = request.basic_auth(&self.server.username, Some(&self.server.password));
        let reply: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(reply["ok"], true, "{reply}");
        reply["rev"].clone()
    }

    async fn read(&self, id: &str) -> Value {
        let request = reqwest::Client::new().get(format!("{}/jobs-test/{id}", self.server.url()));
        let request = request.basic_auth(&self.server.username, Some(&self.server.password));
        request.send().await.unwrap().json().await.unwrap()
    }
}

fn store(port: u16, password: &str) -> CouchDbJobStore {
    let config = CouchDbConfig::new("127.0.0.1", port).with_credentials("puppet", password).with_database("jobs-test");
    CouchDbJobStore::new(&config).unwrap()
}

fn job(id: &str, second: i64) -> Job {
    let created_at = Timestamp::from_unix_millis((1_700_000_000 + second) * 1000).unwrap();
    Job::create(NewJob { uuid: id.to_owned(), ..NewJob::default() }, created_at).unwrap()
}

fn id(text: &str) -> JobId {
    JobId::parse(text).unwrap()
}

fn ids(jobs: &[Stored<JobSummary>]) -> Vec<&str> {
    jobs.iter().map(|job| job.value.uuid.as_str()).collect()
}

/// A document as the predecessor writes it.
fn predecessors(id: &str, created_at: &str) -> Value {
    json!({
        "uuid": id, "code": "return", "status": "created", "vars": {}, "modules": {}, "error": "", "logs": null,
        "results": null, "created_at": created_at, "started_at": null, "finished_at": null, "duration": 0,
    })
}

#[tokio::test]
async fn foreign_documents_are_neither_counted_nor_touched_nor_in_the_way() {
    let fixture = Fixture::prepared().await;
    let foreign = [
        json!({}),
        json!({"uuid": 7, "code": {}, "status": [], "created_at": null}),
        json!({"uuid": "x", "code": "", "status": "created", "created_at": "2020-01-01T00:00:00Z"}),
        json!({"uuid": "foreign3", "code": "", "created_at": "2020-01-01T00:00:00Z"}),
        json!({"uuid": "foreign4", "code": "", "status": "lost", "created_at": "2020-01-01T00:00:00Z"}),
        json!({"uuid": "foreign5", "code": "", "status": "created", "created_at": "yesterday"}),
        json!({"uuid": "foreign6", "code": null, "status": "created", "created_at": "2020-01-01T00:00:00Z"}),
        json!({"language": "query", "views": null}),
    ];
    for (n, document) in foreign.iter().enumerate() {
        fixture.put(&format!("foreign{n}"), document.clone()).await;
    }
    fixture.store.create(job("mine", 0)).await.unwrap();

    let page = fixture.store.list(EVERYTHING).await.unwrap();
    assert_eq!((page.total, ids(&page.jobs)), (1, vec!["mine"]));
    let old = LeftoverQuery {
        status: JobStatus::Created,
        created_from: None,
        created_until: Timestamp::now(),
        after: None,
        limit: 10,
    };
    assert_eq!(fixture.store.leftovers(old).await.unwrap().len(), 1);
    for (n, document) in foreign.iter().enumerate() {
        let name = format!("foreign{n}");
        assert!(matches!(fixture.store.get(&id(&name)).await, Err(StoreError::NotFound { .. })), "{name}");
        assert!(matches!(fixture.store.create(job(&name, 0)).await, Err(StoreError::Conflict { .. })), "{name}");
        let mut kept = fixture.read(&name).await;
        kept.as_object_mut().unwrap().retain(|member, _| !member.starts_with('_'));
        assert_eq!(&kept, document);
    }
}

#[tokio::test]
async fn unreadable_jobs_never_hide_the_others_from_the_sweep() {
    let fixture = Fixture::prepared().await;
    for n in 0..12 {
        let mut unreadable = predecessors(&format!("unreadable{n}"), "2020-01-01T00:00:00Z");
        unreadable["vars"] = json!({"number": 1});
        fixture.put(&format!("unreadable{n}"), unreadable).await;
    }
    fixture.store.create_many(vec![job("a", 1), job("b", 2), job("c", 3)]).await;
    let query = LeftoverQuery {
        status: JobStatus::Created,
        created_from: None,
        created_until: Timestamp::now(),
        after: None,
        limit: 2,
    };
    let found = fixture.store.leftovers(query).await.unwrap();
    assert_eq!(found.iter().map(|stored| stored.value.uuid.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(ids(&fixture.store.list(EVERYTHING).await.unwrap().jobs), ["c", "b", "a"]);
}

#[tokio::test]
async fn documents_of_the_predecessor_are_listed_in_their_place_and_go_on() {
    let fixture = Fixture::prepared().await;
    for (id, created_at) in [
        ("b", "2020-01-02T03:04:05Z"),
        ("a", "2020-01-02T03:04:05.999999999Z"),
        ("east", "2020-01-02T05:04:04+02:00"),
        ("west", "2020-01-01T22:34:06.5-04:30"),
    ] {
        fixture.put(id, predecessors(id, created_at)).await;
    }
    assert_eq!(ids(&fixture.store.list(EVERYTHING).await.unwrap().jobs), ["west", "b", "a", "east"]);
    let mut stored = fixture.store.get(&id("a")).await.unwrap();
    stored.value.mark_queued().unwrap();
    fixture.store.replace(stored).await.unwrap();
    let document = fixture.read("a").await;
    assert_eq!((&document["uuid"], &document["status"]), (&json!("a"), &json!("queued")));
}

#[tokio::test]
async fn the_index_is_upgraded_when_its_text_changes_and_a_newer_one_stays() {
    let fixture = Fixture::prepared().await;
    fixture.store.create(job("j", 0)).await.unwrap();
    let wanted = fixture.read("_design/puppet-master").await;
    let mut old = wanted.clone();
    old["version"] = json!(0);
    old["views"] = json!({"jobs": {"map": "function (doc) {}"}});
    old["_rev"] = fixture.put("_design/puppet-master", old.clone()).await;
    fixture.store.prepare().await.unwrap();
    assert_eq!(fixture.read("_design/puppet-master").await["views"], wanted["views"]);
    assert_eq!(fixture.store.list(EVERYTHING).await.unwrap().total, 1);

    let mut newer = fixture.read("_design/puppet-master").await;
    newer["version"] = json!(1000);
    let rev = fixture.put("_design/puppet-master", newer).await;
    fixture.store.prepare().await.unwrap();
    assert_eq!(fixture.read("_design/puppet-master").await["_rev"], rev);
}

/// The design document of an older version, letter for letter.
fn older(version: u64) -> Value {
    let map = match version {
        1 => include_str!("couchdb/index_of_version_1.js"),
        2 => include_str!("couchdb/index_of_version_2.js"),
        _ => include_str!("couchdb/index_of_version_3.js"),
    };
    let views = json!({ "jobs": { "map": map.trim_end(), "reduce": "_count" } });
    json!({ "language": "javascript", "version": version, "views": views })
}

/// What a gateway of version 1 asks for, and what it reads of the answer.
async fn list_of_version_1(fixture: &Fixture, scope: &str) -> (u64, Vec<String>) {
    let url = format!("{}/jobs-test/_design/puppet-master/_view/jobs", fixture.server.url());
    let ask = async |query: &[(&str, String)]| -> Value {
        let request = reqwest::Client::new().get(&url).query(query);
        let request = request.basic_auth(&fixture.server.username, Some(&fixture.server.password));
        request.send().await.unwrap().json().await.unwrap()
    };
    let (start, end) = (json!([scope]).to_string(), json!([scope, {}]).to_string());
    let counts = ask(&[("group_level", "1".to_owned()), ("startkey", start.clone()), ("endkey", end.clone())]).await;
    let page = ask(&[
        ("descending", "true".to_owned()),
        ("startkey", end),
        ("endkey", start),
        ("reduce", "false".to_owned()),
        ("include_docs", "true".to_owned()),
        ("limit", "100".to_owned()),
    ])
    .await;
    let rows = page["rows"].as_array().unwrap().clone();
    let ids = rows.iter().map(|row| row["doc"]["uuid"].as_str().unwrap().to_owned()).collect();
    (counts["rows"][0]["value"].as_u64().unwrap_or(0), ids)
}

#[tokio::test]
async fn an_index_of_version_1_is_replaced_beside_a_gateway_that_goes_on_using_it() {
    an_older_index_is_replaced(1).await;
}

#[tokio::test]
async fn an_index_of_version_2_is_replaced_beside_a_gateway_that_goes_on_using_it() {
    an_older_index_is_replaced(2).await;
}

#[tokio::test]
async fn an_index_of_version_3_is_replaced_beside_a_gateway_that_goes_on_using_it() {
    an_older_index_is_replaced(3).await;
}

async fn an_older_index_is_replaced(version: u64) {
    let fixture = Fixture::scripted(|_, _, _| None).await;
    // The database as that version left it.
    let request = reqwest::Client::new().put(format!("{}/jobs-test", fixture.server.url()));
    request.basic_auth(&fixture.server.username, Some(&fixture.server.password)).send().await.unwrap();
    fixture.put("_design/puppet-master", older(version)).await;
    for n in 0..3 {
        fixture.put(&format!("j{n}"), predecessors(&format!("j{n}"), &format!("2020-01-02T03:04:0{n}Z"))).await;
    }
    let before = list_of_version_1(&fixture, "created").await;
    assert_eq!(before, (3, vec!["j2".to_owned(), "j1".to_owned(), "j0".to_owned()]));
    // A new gateway that is not prepared yet has a list, too.
    assert_eq!(ids(&fixture.store.list(EVERYTHING).await.unwrap().jobs), ["j2", "j1", "j0"]);
    let waiting = ListQuery { filter: JobFilter { state: Some(JobState::Waiting), ..JobFilter::ALL }, ..EVERYTHING };
    assert!(matches!(fixture.store.list(waiting.clone()).await, Err(StoreError::Unavailable { .. })));
    let owned = JobFilter { owner: TokenName::parse("alice").ok(), ..JobFilter::ALL };
    let owned = ListQuery { filter: owned, ..EVERYTHING };
    assert!(matches!(fixture.store.list(owned.clone()).await, Err(StoreError::Unavailable { .. })));

    let many: Vec<_> = (0..4).map(|_| store(fixture.proxy.port, &fixture.server.password)).collect();
    for prepared in join_all(many.iter().map(JobStore::prepare)).await {
        prepared.unwrap();
    }
    fixture.store.prepare().await.unwrap();

    for scope in ["created", "all"] {
        assert_eq!(list_of_version_1(&fixture, scope).await, before, "{scope}");
    }
    assert_eq!(ids(&fixture.store.list(waiting).await.unwrap().jobs), ["j2", "j1", "j0"]);
    fixture.store.create(Job { owner: TokenName::parse("alice").ok(), ..job("hers", 0) }).await.unwrap();
    assert_eq!(ids(&fixture.store.list(owned).await.unwrap().jobs), ["hers"]);
    assert_eq!(fixture.read("_design/puppet-master-next").await["error"], "not_found");
    // The new index was read, and so built, before it took the old one's place.
    let requests = fixture.proxy.take();
    let position = |wanted: &str| requests.iter().position(|request| request.starts_with(wanted)).unwrap();
    let replaced = requests.iter().position(|request| request == "PUT /jobs-test/_design/puppet-master").unwrap();
    assert!(position("GET /jobs-test/_design/puppet-master-next/_view/jobs") < replaced, "{requests:#?}");
}

/// A customer's rule: a document is what the predecessor writes, and nothing else.
const STRICT: &str = r#"function (newDoc, oldDoc, userCtx, secObj) {
  var allowed = ["_id", "_rev", "_revisions", "_deleted", "uuid", "code", "status", "vars", "modules", "error", "logs",
    "results", "created_at", "started_at", "finished_at", "duration"];
  if (newDoc.code === "poison") { throw({ forbidden: "no poison" }); }
  for (var member in newDoc) {
    if (allowed.indexOf(member) < 0) { throw({ forbidden: "unknown field " + member }); }
  }
}"#;

#[tokio::test]
async fn a_database_that_allows_the_predecessors_fields_only_gets_no_others() {
    let fixture = Fixture::prepared().await;
    fixture.put("_design/strict", json!({ "language": "javascript", "validate_doc_update": STRICT })).await;
    let mut first = job("first", 0);
    first.timeout = Some(9);
    first.owner = TokenName::parse("alice").ok();
    let mut revision = fixture.store.insert(&first).await.unwrap();
    let mut names: Vec<String> = fixture.read("first").await.as_object().unwrap().keys().cloned().collect();
    names.sort_unstable();
    let members =
        "_id _rev code created_at duration error finished_at logs modules results started_at status uuid vars";
    assert_eq!(names.join(" "), members);

    // What would run without its network rules is not stored; once done, nothing is left to be ruled.
    let mut bound = job("bound", 0);
    bound.network = Some(job_model::JobNetwork { deny: Some(vec!["private".to_owned()]), ..Default::default() });
    assert!(matches!(fixture.store.insert(&bound).await, Err(StoreError::Refused { .. })));
    bound.status = JobStatus::Done;
    let revision_of_bound = fixture.store.insert(&bound).await.unwrap();
    fixture.store.delete(&bound.uuid, &revision_of_bound).await.unwrap();

    // From now on nothing is tried in vain, alone or in groups.
    fixture.proxy.take();
    for status in [JobStatus::Queued, JobStatus::Done] {
        first.status = status;
        revision = fixture.store.update(&first, &revision).await.unwrap();
    }
    let rows = fixture.store.create_many((0..20).map(|n| job(&format!("j{n}"), n)).collect()).await;
    assert!(rows.iter().all(Result::is_ok), "{rows:?}");
    assert_eq!(fixture.proxy.take().len(), 3);
    let done = ListQuery { filter: JobFilter { state: Some(JobState::Succeeded), ..JobFilter::ALL }, ..EVERYTHING };
    assert_eq!(ids(&fixture.store.list(done).await.unwrap().jobs), ["first"]);
    fixture.store.delete(&first.uuid, &revision).await.unwrap();

    // The fence holds without the token: of writers of the same bytes on one revision one wins.
    let other = store(fixture.proxy.port, &fixture.server.password);
    for round in 0..5 {
        let racer = job(&format!("race{round}"), 0);
        let inserts = join_all((0..8).map(|n| if n % 2 == 0 { &fixture.store } else { &other }.insert(&racer)));
        assert_eq!(inserts.await.iter().filter(|row| row.is_ok()).count(), 1, "round {round}");
    }
}

#[tokio::test]
async fn a_document_that_is_forbidden_in_any_form_is_told_with_the_reason_and_the_address() {
    let fixture = Fixture::prepared().await;
    fixture.put("_design/strict", json!({ "language": "javascript", "validate_doc_update": STRICT })).await;
    let mut poison = job("poison", 0);
    poison.code = "poison".to_owned();
    let refused = fixture.store.insert(&poison).await.unwrap_err();
    let text = refused.to_string();
    assert!(matches!(refused, StoreError::Refused { .. }) && text.contains("no poison"), "{text}");
    assert!(text.contains(&format!("http://127.0.0.1:{}/jobs-test", fixture.proxy.port)), "{text}");
    assert!(!text.contains("puppet:"), "no credentials: {text}");
}

#[tokio::test]
async fn every_query_reads_one_range_of_the_index() {
    let fixture = Fixture::scripted(|_, path, body| {
        let whole = path.contains("_all_docs") && !body.starts_with(br#"{"keys":["#);
        whole.then_some((StatusCode::IM_A_TEAPOT, "{}"))
    })
    .await;
    fixture.store.prepare().await.unwrap();
    fixture.store.create_many((0..1300).map(|n| job(&format!("j{n:04}"), n * 600)).collect()).await;
    fixture.proxy.take();
    for status in [None, Some(JobStatus::Created)] {
        for skip in [0, 40, 1200] {
            fixture
                .store
                .list(ListQuery { filter: JobFilter { status, ..JobFilter::ALL }, skip, limit: 10 })
                .await
                .unwrap();
        }
    }
    let until = Timestamp::now();
    let query =
        LeftoverQuery { status: JobStatus::Created, created_from: None, created_until: until, after: None, limit: 10 };
    fixture.store.leftovers(query).await.unwrap();
    let requests = fixture.proxy.take();
    let by_keys = "POST /jobs-test/_all_docs?include_docs=true";
    for request in requests.iter().filter(|request| *request != by_keys) {
        assert!(request.starts_with("GET /jobs-test/_design/puppet-master/_view/jobs?"), "{request}");
        assert!(request.contains("startkey=[") && request.contains("endkey=["), "{request}");
        assert!(request.contains("limit=10") || request.contains("group_level="), "{request}");
        let skip = request.split("skip=").nth(1).and_then(|rest| rest.split('&').next());
        let skip = skip.map_or(0, |skip| skip.parse::<u64>().unwrap());
        assert!(skip <= 500 && (skip == 0 || !request.contains("include_docs=true")), "{request}");
    }
    // Two for the first page, three for a near one, one more per step of the search for a deep one.
    assert!(requests.len() <= 2 * (2 + 3 + 8) + 1, "{requests:#?}");
}

#[tokio::test]
async fn concurrent_writes_share_requests() {
    let fixture = Fixture::prepared().await;
    let before = fixture.store.write_calls();
    let stored = join_all((0..64).map(|n| fixture.store.create(job(&format!("j{n}"), n)))).await;
    assert_eq!(fixture.store.write_calls() - before, 1);
    let updates = stored.into_iter().map(|row| fixture.store.replace(row.unwrap()));
    join_all(updates).await.into_iter().for_each(|row| assert!(row.is_ok()));
    assert_eq!(fixture.store.write_calls() - before, 2);
    assert_eq!(fixture.proxy.take(), ["POST /jobs-test/_bulk_docs"; 2]);
}

#[tokio::test]
async fn a_batch_rejected_because_of_one_row_is_stored_without_it() {
    for (status, body) in [
        (StatusCode::PAYLOAD_TOO_LARGE, r#"{"error":"document_too_large","reason":"poison"}"#),
        (
            StatusCode::BAD_REQUEST,
            r#"{"error":"illegal_docid","reason":"Only reserved document ids may start with underscore."}"#,
        ),
    ] {
        let fixture = Fixture::scripted(move |method, _, body_sent| {
            let is_poisoned = method != Method::GET && String::from_utf8_lossy(body_sent).contains("poison");
            is_poisoned.then_some((status, body))
        });
        let fixture = fixture.await;
        fixture.store.prepare().await.unwrap();
        let rows = fixture.store.create_many(vec![job("a", 0), job("poison", 0), job("b", 0)]).await;
        assert!(rows[0].is_ok() && rows[2].is_ok(), "{rows:?}");
        match &rows[1] {
            Err(StoreError::TooLarge { .. }) => assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE),
            Err(StoreError::Refused { reason, .. }) => assert!(reason.contains("illegal_docid"), "{reason}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(ids(&fixture.store.list(EVERYTHING).await.unwrap().jobs), ["b", "a"]);
    }
}

#[tokio::test]
async fn a_failing_server_fails_every_row_as_one_that_may_be_tried_again() {
    let fixture = Fixture::scripted(|_, path, _| {
        let is_batch = path.ends_with("_bulk_docs");
        is_batch.then_some((StatusCode::INTERNAL_SERVER_ERROR, r#"{"error":"timeout","reason":"busy"}"#))
    });
    let fixture = fixture.await;
    fixture.store.prepare().await.unwrap();
    for row in fixture.store.create_many(vec![job("a", 0), job("b", 0)]).await {
        assert!(matches!(row, Err(StoreError::Unavailable { .. })), "{row:?}");
    }
}

#[tokio::test]
async fn refused_credentials_are_not_tried_again_at_once() {
    let fixture = Fixture::prepared().await;
    let wrong = store(fixture.proxy.port, "wrong");
    for _ in 0..10 {
        assert!(matches!(wrong.ping().await, Err(StoreError::Refused { .. })));
        assert!(matches!(wrong.create(job("j", 0)).await, Err(StoreError::Refused { .. })));
    }
    assert_eq!(fixture.proxy.take().len(), 1);
    tokio::time::pause();
    tokio::time::advance(std::time::Duration::from_secs(76)).await;
    tokio::time::resume();
    assert!(matches!(wrong.prepare().await, Err(StoreError::Refused { .. })));
    assert_eq!(fixture.proxy.take().len(), 1);
}

#[tokio::test]
async fn a_user_who_may_not_make_databases_uses_the_one_that_is_there() {
    let fixture = Fixture::scripted(|method, path, _| {
        let makes_database = method == Method::PUT && path.matches('/').count() == 1;
        makes_database
            .then_some((StatusCode::UNAUTHORIZED, r#"{"error":"unauthorized","reason":"You are not a server admin."}"#))
    });
    let fixture = fixture.await;
    let refused = fixture.store.prepare().await;
    assert!(
        matches!(&refused, Err(StoreError::Refused { reason, .. }) if reason.contains("server admin")),
        "{refused:?}"
    );
    store(fixture.server.port, &fixture.server.password).prepare().await.unwrap();
    fixture.store.prepare().await.unwrap();
    fixture.store.create(job("j", 0)).await.unwrap();
}

#[tokio::test]
async fn a_missing_database_or_server_may_be_tried_again() {
    let mut fixture = Fixture::scripted(|_, _, _| None).await;
    assert!(matches!(fixture.store.ping().await, Err(StoreError::Unavailable { .. })));
    assert!(matches!(fixture.store.get(&id("j")).await, Err(StoreError::Unavailable { .. })));
    assert!(matches!(fixture.store.create(job("j", 0)).await, Err(StoreError::Unavailable { .. })));
    assert!(matches!(fixture.store.list(EVERYTHING).await, Err(StoreError::Unavailable { .. })));
    let direct = store(fixture.server.port, &fixture.server.password);
    fixture.server.kill();
    let away = direct.prepare().await.unwrap_err();
    assert!(matches!(away, StoreError::Unavailable { .. }));
    assert!(away.to_string().contains(&fixture.server.url()), "{away}");
    assert!(matches!(direct.create(job("j", 0)).await, Err(StoreError::Unavailable { .. })));
    fixture.server.restart().await;
    direct.prepare().await.unwrap();
    direct.create(job("j", 0)).await.unwrap();
}

#[test]
fn a_configuration_never_shows_its_password() {
    let config = CouchDbConfig::from_url("http://me:s%40cret@db:5984").unwrap();
    assert_eq!((config.username.as_str(), config.password.as_str()), ("me", "s@cret"));
    let shown = format!("{config:?}");
    assert!(shown.contains("http://db:5984") && !shown.contains("s@cret") && !shown.contains("s%40cret"), "{shown}");
}

#[tokio::test]
async fn what_others_write_and_delete_is_told_without_an_index() {
    let fixture = Fixture::prepared().await;
    let store = &fixture.store;
    let start = store.changes(None, 10).await.unwrap().position;
    let rev = fixture.put("a", json!({"uuid": "a", "status": "created"})).await;
    fixture.put("_design/theirs", json!({})).await;
    let told = store.changes(Some(&start), 10).await.unwrap();
    assert_eq!(told.rows, [Change::Written(id("a"))]);
    fixture.put("a", json!({"_rev": rev, "_deleted": true})).await;
    let deleted = store.changes(Some(&told.position), 10).await.unwrap();
    assert_eq!(deleted.rows, [Change::Deleted(id("a"))]);
    fixture.put("a", json!({"uuid": "a", "status": "created"})).await;
    assert_eq!(store.changes(Some(&deleted.position), 10).await.unwrap().rows, [Change::Written(id("a"))]);
    let asked = fixture.proxy.take();
    assert!(asked.iter().all(|request| request.starts_with("GET /jobs-test/_changes?")), "{asked:?}");
}
