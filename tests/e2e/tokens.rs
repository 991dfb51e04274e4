//! Named tokens from the command that makes them to the commands that use them.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::{Value, json};
use testkit::ports;
use testkit::processes::{self, Program};
use tests::client::Client;

const DEADLINE: Duration = Duration::from_secs(30);

fn puppet_master(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(processes::binary("puppet-master"));
    command.args(arguments).envs(environment.iter().copied()).output().expect("it starts")
}

/// Makes a token, adds its lines to the file, and gives the token.
fn add_token(file: &Path, name: &str, scopes: Option<&str>) -> String {
    let arguments: Vec<_> =
        ["token", "new", name].into_iter().chain(scopes.map(|_| "--scopes")).chain(scopes).collect();
    let output = puppet_master(&arguments, &[]);
    let (lines, told) =
        (String::from_utf8(output.stdout).expect("text"), String::from_utf8(output.stderr).expect("text"));
    assert!(output.status.success(), "{told}");
    let token = told.trim().rsplit(' ').next().expect("a word").to_owned();
    assert!(token.starts_with("pm_") && token.len() == 67 && !lines.contains(&token), "{told}");
    let before = std::fs::read_to_string(file).unwrap_or_default();
    std::fs::write(file, before + &lines).expect("a file");
    token
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_made_token_opens_what_it_may_and_the_fleet_is_for_those_who_may_see_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("tokens.toml");
    let alice = add_token(&file, "alice", None);
    let bob = add_token(&file, "bob", Some("jobs:read,jobs:create"));
    let operations = add_token(&file, "operations", Some("admin"));
    let port = ports::free();
    let mut up = Program::new(processes::binary("puppet-master"))
        .arg("up")
        .env("LISTEN_PORT", port)
        .env("DATA_DIR", folder.path().join("data").display())
        .env("TOKENS_FILE", file.display())
        .env("ENABLE_JOBS", "false")
        .spawn();
    up.wait_for_port(port, DEADLINE).await;
    let endpoint = format!("http://127.0.0.1:{port}");
    let as_alice = Client::new(endpoint.clone(), alice.as_str());
    as_alice.wait_ready(DEADLINE).await;
    let job = as_alice.create(json!({"code": "1"})).await;
    assert_eq!(job.owner.expect("an owner").as_str(), "alice");
    assert!(!folder.path().join("data/api-token").exists(), "no token is made where there are named ones");

    let ask = |arguments: &[&str], token: &str| {
        let environment = [("PUPPET_MASTER_ENDPOINT", endpoint.as_str()), ("PUPPET_MASTER_API_TOKEN", token)];
        let output = puppet_master(arguments, &environment);
        let text = |bytes| String::from_utf8(bytes).expect("text");
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let uuid = job.uuid.as_str();
    assert!(ask(&["jobs", "list"], &alice).1.contains(uuid));
    assert_eq!(ask(&["jobs", "list"], &bob).1.trim(), "");
    let (code, _, told) = ask(&["jobs", "get", uuid], &bob);
    assert!(code == Some(1) && told.contains("404"), "{told}");
    let (code, _, told) = ask(&["jobs", "cancel", uuid], &bob);
    assert!(code == Some(1) && told.contains("the token bob lacks the scope jobs:delete"), "{told}");
    let (code, _, told) = ask(&["top"], &alice);
    assert!(code == Some(1) && told.contains("lacks the scope admin"), "{told}");
    let (code, picture, told) = ask(&["top"], &operations);
    assert!(code == Some(0) && picture.starts_with("gateways 1   executors 0   queue 0"), "{picture}{told}");
    let (_, text, _) = ask(&["top", "--json"], &operations);
    let seen: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((&seen["stats"]["jobs"]["waiting"], &seen["fleet"]["gateways"][0]["this"]), (&json!(1), &json!(true)));

    up.terminate();
    assert!(up.wait(DEADLINE).await.success(), "{}", up.stderr());
    let log = up.stderr();
    assert!([&alice, &bob, &operations].into_iter().all(|token| !log.contains(token.as_str())), "{log}");
    assert!(log.contains(r#""target":"audit""#), "{log}");
}
