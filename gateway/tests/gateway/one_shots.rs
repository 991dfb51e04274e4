//! One-shots, before an executor has them.

use gateway::{Scope, Settings};
use job_files::JobFiles;
use job_model::JobId;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::running::{Backend, Running, answer, named, settings, token_file};

#[tokio::test]
async fn a_one_shot_is_bound_by_what_its_token_may_reach() {
    let mut backend = Backend::embedded();
    let folder = tempfile::tempdir().unwrap();
    backend.parts.files = Some(JobFiles::in_folder(folder.path()).unwrap());
    let alice = named("alice", &[Scope::JobsCreate, Scope::JobsRead]);
    let file = token_file(&[(&alice, "network = { deny = [\"private\"] }")]);
    let settings = Settings { tokens_file: Some(file.path().to_owned()), ..settings() };
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
