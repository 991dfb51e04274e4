//! TOKENS_FILE while the gateway runs.

use std::path::Path;
use std::time::Duration;

use gateway::{NewToken, Scope, Settings};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::running::{Backend, Running, answer, api_only, named, token_file, token_lines, with_file, within};

async fn until(gateway: &Running, token: &NewToken, wanted: StatusCode) {
    within(async {
        while answer(gateway.request_as(token, Method::GET, "/jobs")).await.0 != wanted {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

async fn readiness(gateway: &Running) -> Value {
    answer(gateway.bare(Method::GET, "/readyz")).await.1
}

#[tokio::test]
async fn a_change_counts_without_a_restart_and_a_broken_file_keeps_what_was() {
    let backend = Backend::embedded();
    let (alice, bob) = (named("alice", &[Scope::JobsRead]), named("bob", &[Scope::JobsRead]));
    let file = token_file(&[(&alice, "")]);
    let gateway = Running::start(&backend.parts, with_file(&file, api_only())).await;
    until(&gateway, &alice, StatusCode::OK).await;
    assert_eq!(readiness(&gateway).await, json!({"ready": true, "missing": {}}));

    // Replaced as a configuration map is: another file takes the name.
    let replace = |text: &str| {
        let next = file.path().with_extension("next");
        std::fs::write(&next, text).unwrap();
        std::fs::rename(&next, file.path()).unwrap();
    };
    replace(&token_lines(&[(&bob, "")]));
    until(&gateway, &bob, StatusCode::OK).await;
    assert_eq!(answer(gateway.request_as(&alice, Method::GET, "/jobs")).await.0, StatusCode::UNAUTHORIZED);

    replace(&token_lines(&[(&bob, ""), (&alice, "scopse = 1")]));
    let told = within(async {
        loop {
            if let Some(told) = readiness(&gateway).await["warnings"]["tokens"].as_str() {
                return told.to_owned();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    assert!(told.contains(", line 11, column 1, cannot be used: unknown field `scopse`"), "{told}");
    let ready = answer(gateway.bare(Method::GET, "/readyz")).await;
    assert_eq!((ready.0, &ready.1["ready"]), (StatusCode::OK, &json!(true)));
    until(&gateway, &bob, StatusCode::OK).await;

    // Written in place.
    std::fs::write(file.path(), token_lines(&[(&bob, ""), (&alice, "")])).unwrap();
    until(&gateway, &alice, StatusCode::OK).await;
    assert_eq!(readiness(&gateway).await, json!({"ready": true, "missing": {}}));
    gateway.stop().await;
}

#[tokio::test]
async fn the_token_of_nobody_is_needed_no_more_where_there_are_named_ones() {
    let backend = Backend::embedded();
    let alice = named("alice", &[Scope::JobsRead]);
    let file = token_file(&[(&alice, "")]);
    let settings = with_file(&file, Settings { api_token: None, ..api_only() });
    let gateway = Running::start(&backend.parts, settings).await;
    until(&gateway, &alice, StatusCode::OK).await;
    assert_eq!(gateway.get("/jobs").await.0, StatusCode::UNAUTHORIZED);
    gateway.stop().await;
}

#[test]
fn the_example_has_every_key_and_is_taken() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/tokens.toml");
    let settings = Settings { tokens_file: Some(example), ..api_only() };
    assert_eq!(settings.tokens().unwrap().len(), 1);
}
