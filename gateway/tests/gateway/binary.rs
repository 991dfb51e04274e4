//! The binary's own behaviour: configuration and signals.

use std::process::{Command, Output};

use testkit::ports;
use testkit::processes::Program;

use crate::running::DEADLINE;

const GATEWAY: &str = env!("CARGO_BIN_EXE_puppet-master-gateway");

const COMPLETE: [(&str, &str); 8] = [
    ("LISTEN_PORT", "0"),
    ("QUEUE_HOST", "localhost"),
    ("QUEUE_USERNAME", "q"),
    ("QUEUE_PASSWORD", "hunter2"),
    ("COUCH_DB_HOST", "localhost"),
    ("COUCH_DB_USERNAME", "c"),
    ("COUCH_DB_PASSWORD", "hunter2"),
    ("API_TOKEN", "hunter2"),
];

/// Runs the binary with a complete configuration, changed.
fn run(changes: &[(&str, Option<&str>)], args: &[&str]) -> Output {
    let mut command = Command::new(GATEWAY);
    command.env_clear().envs(COMPLETE).args(args);
    for (name, value) in changes {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.output().unwrap()
}

#[test]
fn a_missing_or_malformed_variable_is_named_and_stops_the_start_with_2() {
    for (name, value) in [
        ("QUEUE_HOST", None),
        ("QUEUE_PASSWORD", None),
        ("COUCH_DB_USERNAME", None),
        ("API_TOKEN", None),
        ("API_TOKEN", Some("")),
        ("LISTEN_PORT", Some("99999")),
        ("COUCH_DB_PORT", Some("x")),
        ("COUCH_DB_HOST", Some("")),
        ("ENABLE_API", Some("yes")),
        ("SWEEP_INTERVAL", Some("often")),
        ("LOG_LEVEL", Some("gateway=loud")),
    ] {
        let output = run(&[(name, value)], &[]);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{name}={value:?}: {told}");
        assert!(told.contains(name) && !told.contains("hunter2"), "{name}={value:?}: {told}");
    }
    let both = [("ENABLE_API", Some("false")), ("ENABLE_JOBS", Some("0"))];
    assert_eq!(run(&both, &[]).status.code(), Some(2));
}

#[test]
fn a_file_with_tokens_that_cannot_be_used_stops_the_start_with_2_and_its_place() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "[[token]]\nname = \"alice\"\nsha256 = \"hunter2\"\n").unwrap();
    let path = file.path().to_str().unwrap();
    let output = run(&[("TOKENS_FILE", Some(path))], &[]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.starts_with("error: TOKENS_FILE (--tokens-file) "), "{told}");
    assert!(told.contains(", line 3, column 10, cannot be used: ") && !told.contains("hunter2"), "{told}");
}

#[test]
fn help_explains_every_variable_and_shows_no_secret() {
    let output = run(&[], &["--help"]);
    assert_eq!(output.status.code(), Some(0));
    let help = String::from_utf8(output.stdout).unwrap();
    for name in ["LISTEN_PORT", "VERBOSE", "ENABLE_API", "ENABLE_JOBS", "QUEUE_PASSWORD", "COUCH_DB_PORT", "API_TOKEN"]
    {
        assert!(help.contains(name), "{name}");
    }
    assert!(!help.contains("hunter2"));
}

#[tokio::test]
async fn it_waits_for_database_and_broker_and_ends_with_0_when_told_to() {
    let (port, nobody) = (ports::free(), ports::free());
    let program = COMPLETE.iter().fold(Program::new(GATEWAY), |program, (name, value)| program.env(name, value));
    let program = program.env("LISTEN_PORT", port).env("COUCH_DB_PORT", nobody).env("QUEUE_PORT", nobody);
    let mut gateway = program.spawn();
    gateway.wait_for_port(port, DEADLINE).await;
    let waiting = gateway.wait_for_output("failed to prepare the database, trying again", DEADLINE).await;
    assert!(waiting.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{waiting}");
    gateway.terminate();
    assert!(gateway.wait(DEADLINE).await.success());
    assert!(!gateway.stderr().contains("hunter2"));
}
