//! One-shots, before an executor has them.

use gateway::{NewToken, Scope};
use job_files::{JobFiles, SetKey};
use job_model::{FileName, FileSetId, JobId, JobResult};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::running::{Backend, Running, answer, named, settings, token_file, with_file};

#[tokio::test]
async fn a_one_shot_is_bound_by_what_its_token_may_reach() {
    let mut backend = Backend::embedded();
    let folder = tempfile::tempdir().unwrap();
    backend.parts.files = Some(JobFiles::in_folder(folder.path()).unwrap());
    let alice = named("alice", &[Scope::JobsCreate, Scope::JobsRead]);
    let file = token_file(&[(&alice, "network = { deny = [\"private\"] }")]);
    let settings = with_file(&file, settings());
    let gateway = Running::start(&backend.parts, settings).await;
    let asked = [(Method::POST, "/screenshot"), (Method::POST, "/content"), (Method::GET, "/pdf?url=http://10.0.0.1/")];
    for (method, path) in asked {
        let request = gateway.request_as(&alice, method.clone(), path).header("prefer", "respond-async");
        let request = if method == Method::POST { request.json(&json!({"url": "http://10.0.0.1/"})) } else { request };
        let (status, body) = answer(request).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{path} {body}");
        let id = JobId::parse(body["data"]["uuid"].as_str().unwrap()).unwrap();
        let stored = backend.parts.store.get(&id).await.unwrap().value;
        let bound = stored.network_token.expect("rules");
        assert_eq!(bound.deny.as_deref(), Some(&["private".to_owned()][..]), "{path}");
        assert_eq!(stored.owner.as_ref().map(job_model::TokenName::as_str), Some("alice"));
    }
    gateway.stop().await;
}

#[tokio::test]
async fn an_answer_is_cached_for_all_gateways_and_for_one_token() {
    let mut backend = Backend::embedded();
    let folder = tempfile::tempdir().unwrap();
    let files = JobFiles::in_folder(folder.path()).unwrap();
    backend.parts.files = Some(files.clone());
    let [alice, bob] = ["alice", "bob"].map(|name| named(name, &[Scope::JobsCreate, Scope::JobsRead, Scope::JobsAll]));
    let file = token_file(&[(&alice, ""), (&bob, "")]);
    let settings = with_file(&file, settings());
    let gateway = Running::start(&backend.parts, settings.clone()).await;
    let asked = json!({"url": "http://a.example/", "cache": 600});
    let ask = |gateway: &Running, token: &NewToken| {
        let request = gateway.request_as(token, Method::POST, "/content").header("prefer", "respond-async");
        request.json(&asked)
    };
    let (status, body) = answer(ask(&gateway, &alice)).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{body}");
    let id = JobId::parse(body["data"]["uuid"].as_str().unwrap()).unwrap();
    // The job is done as an executor would tell it.
    let (name, mut stored) = (FileName::parse("page.html").unwrap(), backend.parts.store.get(&id).await.unwrap());
    let set = FileSetId::of_attempt(1);
    let left = files.put(&SetKey::of(&stored.value, set.clone()), 0, &name, &b"<p>once"[..]).await.unwrap();
    let results = json!({"answer": "page.html"}).as_object().unwrap().clone();
    let result = JobResult { results, ..JobResult::not_started(id.clone(), "") };
    stored.value.finish(JobResult { file_set: Some(set), files: Some(vec![left]), ..result }).unwrap();
    // A note of the gateway's may come in between.
    while backend.parts.store.update(&stored.value, &stored.revision).await.is_err() {
        stored.revision = backend.parts.store.get(&id).await.unwrap().revision;
    }

    let (status, body) = answer(ask(&gateway, &bob)).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{body}");
    assert_ne!(body["data"]["uuid"], id.as_str(), "another token's answer is nobody else's");
    gateway.stop().await;
    let other = Running::start(&backend.parts, settings).await;
    let again = ask(&other, &alice).send().await.unwrap();
    let header = |name: &str| again.headers()[name].to_str().unwrap().to_owned();
    assert_eq!((again.status(), header("job-id")), (StatusCode::OK, id.to_string()));
    assert!(header("age").parse::<u64>().unwrap() < 600);
    assert_eq!(again.text().await.unwrap(), "<p>once");
    other.stop().await;
}
