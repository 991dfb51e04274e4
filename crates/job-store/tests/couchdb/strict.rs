//! Databases with a `validate_doc_update` that does not take every document.

use super::*;

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
