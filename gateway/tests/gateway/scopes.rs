//! Every route with every set of scopes.

use gateway::Scope;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::running::{Backend, Running, answer, api_only, named, token_file, with_file};

/// Which scopes each route needs.
const NEEDS: &[(Method, &str, &[Scope])] = &[
    (Method::GET, "/jobs", &[Scope::JobsRead]),
    (Method::POST, "/jobs", &[Scope::JobsCreate]),
    (Method::DELETE, "/jobs", &[Scope::JobsDelete]),
    (Method::GET, "/jobs/{uuid}", &[Scope::JobsRead]),
    (Method::DELETE, "/jobs/{uuid}", &[Scope::JobsDelete]),
    (Method::GET, "/jobs/{uuid}/events", &[Scope::JobsRead]),
    (Method::POST, "/jobs/{uuid}/cancel", &[Scope::JobsDelete, Scope::JobsRead]),
    (Method::POST, "/jobs/{uuid}/rerun", &[Scope::JobsCreate, Scope::JobsRead]),
    (Method::GET, "/jobs/{uuid}/files", &[Scope::JobsRead]),
    (Method::GET, "/jobs/{uuid}/files/{name}", &[Scope::JobsRead]),
    (Method::GET, "/jobs/{uuid}/files.zip", &[Scope::JobsRead]),
    (Method::GET, "/jobs/{uuid}/deliveries", &[Scope::JobsRead]),
    (Method::POST, "/jobs/{uuid}/deliveries/{delivery}/redeliver", &[Scope::JobsCreate, Scope::JobsRead]),
    (Method::PUT, "/scripts/{name}", &[Scope::JobsCreate]),
    (Method::GET, "/scripts", &[Scope::JobsRead]),
    (Method::GET, "/scripts/{name}", &[Scope::JobsRead]),
    (Method::DELETE, "/scripts/{name}", &[Scope::JobsDelete]),
    (Method::POST, "/scripts/{name}/jobs", &[Scope::JobsCreate]),
    (Method::POST, "/batches", &[Scope::JobsCreate]),
    (Method::GET, "/batches", &[Scope::JobsRead]),
    (Method::GET, "/batches/{batch}", &[Scope::JobsRead]),
    (Method::GET, "/batches/{batch}/jobs", &[Scope::JobsRead]),
    (Method::POST, "/batches/{batch}/cancel", &[Scope::JobsDelete, Scope::JobsRead]),
    (Method::POST, "/batches/{batch}/rerun", &[Scope::JobsCreate, Scope::JobsRead]),
    (Method::GET, "/batches/{batch}/deliveries", &[Scope::JobsRead]),
    (Method::POST, "/batches/{batch}/deliveries/{delivery}/redeliver", &[Scope::JobsCreate, Scope::JobsRead]),
    (Method::PUT, "/schedules/{name}", &[Scope::JobsCreate]),
    (Method::GET, "/schedules", &[Scope::JobsRead]),
    (Method::GET, "/schedules/{name}", &[Scope::JobsRead]),
    (Method::DELETE, "/schedules/{name}", &[Scope::JobsDelete]),
    (Method::POST, "/schedules/{name}/pause", &[Scope::JobsCreate]),
    (Method::POST, "/schedules/{name}/resume", &[Scope::JobsCreate]),
    (Method::GET, "/screenshot", &[Scope::JobsCreate, Scope::JobsRead]),
    (Method::POST, "/screenshot", &[Scope::JobsCreate, Scope::JobsRead]),
    (Method::GET, "/pdf", &[Scope::JobsCreate, Scope::JobsRead]),
    (Method::POST, "/pdf", &[Scope::JobsCreate, Scope::JobsRead]),
    (Method::POST, "/content", &[Scope::JobsCreate, Scope::JobsRead]),
    (Method::POST, "/markdown", &[Scope::JobsCreate, Scope::JobsRead]),
    (Method::POST, "/links", &[Scope::JobsCreate, Scope::JobsRead]),
    (Method::POST, "/scrape", &[Scope::JobsCreate, Scope::JobsRead]),
    (Method::POST, "/snapshot", &[Scope::JobsCreate, Scope::JobsRead]),
    (Method::GET, "/fleet", &[Scope::Admin]),
    (Method::GET, "/stats", &[Scope::Admin]),
    (Method::POST, "/fleet/executors/{name}/drain", &[Scope::Admin]),
    (Method::DELETE, "/fleet/executors/{name}/drain", &[Scope::Admin]),
];

#[tokio::test]
async fn every_route_takes_the_tokens_that_hold_its_scopes_and_no_others() {
    let backend = Backend::embedded();
    // Every set of scopes, the empty one included.
    let sets: Vec<Vec<Scope>> = (0..1_usize << Scope::ALL.len())
        .map(|set| {
            Scope::ALL.into_iter().enumerate().filter(|(n, _)| set >> n & 1 == 1).map(|(_, scope)| scope).collect()
        })
        .collect();
    let tokens: Vec<_> = sets.iter().enumerate().map(|(n, set)| named(&format!("t{n}"), set)).collect();
    let lines: Vec<_> = tokens.iter().map(|token| (token, "")).collect();
    let file = token_file(&lines);
    let gateway = Running::start(&backend.parts, with_file(&file, api_only())).await;

    let (_, document) = answer(gateway.bare(Method::GET, "/openapi.json")).await;
    let mut guarded = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            guarded += usize::from(operation["security"].is_array());
            let row = NEEDS.iter().find(|(of, at, _)| of.as_str().eq_ignore_ascii_case(method) && at == path);
            let needs = row.map(|(_, _, needs)| needs.iter().map(|scope| scope.as_str()).collect::<Vec<_>>());
            let security = needs.map_or(Value::Null, |needs| json!([{"token": needs}]));
            assert_eq!(operation["security"], security, "{method} {path}");
        }
    }
    assert_eq!(guarded, NEEDS.len());

    for (method, path, needs) in NEEDS {
        let path = ["{uuid}", "{name}", "{batch}", "{delivery}"]
            .iter()
            .fold(path.to_string(), |path, part| path.replace(part, "missing"));
        for (token, set) in tokens.iter().zip(&sets) {
            let request = gateway.request_as(token, method.clone(), &path).body("{}");
            let (status, body) = answer(request).await;
            match needs.iter().find(|scope| !set.contains(scope)) {
                Some(missing) => {
                    assert_eq!(status, StatusCode::FORBIDDEN, "{method} {path} {set:?}");
                    assert_eq!((&body["error"], &body["scope"]), (&json!("Forbidden"), &json!(missing.as_str())));
                    assert!(body["message"].as_str().unwrap().ends_with(&format!("lacks the scope {missing}")));
                }
                None => assert!(
                    ![StatusCode::FORBIDDEN, StatusCode::UNAUTHORIZED].contains(&status),
                    "{method} {path} {set:?} {status}"
                ),
            }
        }
        assert_ne!(answer(gateway.request(method.clone(), &path).body("{}")).await.0, StatusCode::FORBIDDEN);
    }
    // Who waits for a job reads its result.
    let only = |scopes: &[Scope]| &tokens[sets.iter().position(|set| set == scopes).unwrap()];
    let waits = |token| gateway.request_as(token, Method::POST, "/jobs?wait=1").body("{}");
    let (status, body) = answer(waits(only(&[Scope::JobsCreate]))).await;
    assert_eq!((status, &body["scope"]), (StatusCode::FORBIDDEN, &json!("jobs:read")));
    assert_eq!(answer(waits(only(&[Scope::JobsCreate, Scope::JobsRead]))).await.0, StatusCode::CREATED);
    gateway.stop().await;
}
