//! Settings that no process could work with are refused at the start: one line on standard error that names the variable
//! and its flag, and exit code 2. What the predecessor's environment allowed starts.

use std::time::Duration;

use testkit::ports;
use testkit::processes::{self, Process, Program};

const GATEWAY: &str = "puppet-master-gateway";
const EXECUTOR: &str = "puppet-master-executor";
const ONE_PROCESS: &str = "puppet-master";
const DEADLINE: Duration = Duration::from_secs(20);

/// What a gateway and `puppet-master up` refuse.
const OF_THE_GATEWAY: &[(&str, &[&str])] = &[
    ("ACCESS_LOG", &["maybe"]),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", &["collector:4318", "grpc://collector"]),
    ("OTEL_TRACES_SAMPLER_ARG", &["2", "half"]),
    ("LISTEN_PORT", &["99999", "-1", "http"]),
    ("LISTEN_ADDRESS", &["localhost", "127.0.0.1:80", "*"]),
    ("ENABLE_API", &["yes", "2"]),
    ("ENABLE_JOBS", &["on"]),
    ("MAX_BODY_BYTES", &["0", "1", "1023", "8000001", "8MB"]),
    ("MAX_FILES_BYTES", &["0", "1023", "1MB"]),
    ("FILES_URL", &["/var/files", "http://files/", "s3://", "ftp://u:hunter2@files/"]),
    ("FILES_SWEEP_INTERVAL", &["0", "1ms"]),
    ("MAX_QUEUE_LENGTH", &["0", "-1"]),
    ("REQUEST_TIMEOUT", &["0", "999ms", "soon"]),
    ("MAX_WAIT", &["-1", "1d"]),
    ("HEADER_TIMEOUT", &["0", "1ms"]),
    ("IDLE_TIMEOUT", &["0", "500ms"]),
    ("MAX_CONNECTIONS", &["0", "many"]),
    ("ALLOWED_HOSTS", &["https://api.example.org", "api.example.org:80", "*"]),
    ("STOP_GRACE", &["-1", "soon", "99999999h"]),
    ("SWEEP_INTERVAL", &["0", "1ms"]),
    ("PUBLISH_AFTER", &["0", "1ms"]),
    ("REQUEUE_AFTER", &["1ms", "999ms"]),
    ("MAX_PUBLISHES", &["0"]),
    ("RESULTS_PREFETCH", &["0", "65536"]),
    ("API_TOKEN", &["  "]),
    ("API_TOKEN_FILE", &["/nowhere/tokens"]),
    ("TOKENS_FILE", &["/nowhere/tokens.toml", "/dev"]),
    ("CORS_ALLOW_ORIGIN", &["https://a.example\n", "a.example", "https://a.example/", "*,a b"]),
    ("VERBOSE", &["yes"]),
    ("LOG_FORMAT", &["xml"]),
    ("LOG_LEVEL", &["gateway=loud"]),
];

/// What an executor, `puppet-master up` and `puppet-master exec` refuse.
const OF_THE_EXECUTOR: &[(&str, &[&str])] = &[
    ("EXECUTOR_CONCURRENCY", &["0", "many"]),
    ("JOB_TIMEOUT", &["0", "1ms", "-5"]),
    ("JOB_MEMORY", &["0", "1", "-1"]),
    ("JOB_CPU", &["0", "1ms"]),
    ("JOB_STACK", &["0", "1", "65537"]),
    ("JOB_LOG_LINES", &["0", "3"]),
    ("JOB_LOG_BYTES", &["0", "2"]),
    ("JOB_RESULT_BYTES", &["0", "2"]),
    ("JOB_DOCUMENT_BYTES", &["0", "100", "8000001"]),
    ("JOB_PAGE_MEMORY", &["0", "64"]),
    ("JOB_BROWSER_MEMORY", &["0", "100"]),
    ("JOB_TEMP_FILES", &["0"]),
    ("JOB_PAGES", &["0"]),
    ("JOB_FRAMES", &["0"]),
    ("JOB_FILES_BYTES", &["0", "1023"]),
    ("JOB_FILES", &["0"]),
    ("JOB_FETCH", &["maybe"]),
    ("JOB_RECORD_BODIES", &["maybe"]),
    ("JOB_FETCHES", &["0"]),
    ("MAX_ATTEMPTS", &["0"]),
    ("ALLOW_LOCAL_FILES", &["maybe"]),
    ("RUN_DIR", &["/dev/null/run", "/proc/run"]),
    ("STATUS_PORT", &["0", "70000"]),
    ("STATUS_ADDRESS", &["localhost", "10.0.0.0/8"]),
    ("NETWORK_ALLOW", &["a b", "10.1.2.3/8", "private:0", ","]),
    ("NETWORK_DENY", &["https://a", "*.*.com"]),
    ("NETWORK_OWN", &["couchdb", "couchdb:0", "http://couchdb:5984"]),
    ("JOB_NETWORK_BYTES", &["0", "9999"]),
    ("JOB_CONNECTIONS", &["0", "-1"]),
    ("EXECUTOR_NETNS", &["yes", "true"]),
    (
        "CHROMIUM_EXTRA_ARGS",
        &[
            "--no-sandbox",
            "[1]",
            "1",
            r#"["--proxy-pac-url=http://a/pac"]"#,
            r#"["--proxy-server=http=a;https=b"]"#,
            r#"["--host-resolver-rules=MAP *:80 a"]"#,
        ],
    ),
    ("IGNORE_HTTPS_ERRORS", &["maybe"]),
    ("CHROMIUM_SANDBOX", &["yes", "true"]),
    ("BROWSER_START_TIMEOUT", &["0", "1ms"]),
    ("BROWSER_ISOLATION", &["none"]),
    ("BROWSER_MAX_JOBS", &["0"]),
    ("BROWSER_MAX_AGE", &["0"]),
    ("BROWSER_MAX_MEMORY", &["0"]),
    ("BROWSER_START_ATTEMPTS", &["0"]),
];

/// What root's executor refuses, and one of a plain user where its system gives it namespaces does not.
fn of_root() -> &'static [(&'static str, &'static [&'static str])] {
    if nix::unistd::geteuid().is_root() { &[("CHROMIUM_SANDBOX", &["on"])] } else { &[] }
}

/// What gateway and executor refuse.
const OF_THE_BROKER: &[(&str, &[&str])] = &[
    ("QUEUE_HOST", &["amqp://broker", "a b", "broker:", "broker:0", "a,,b"]),
    ("QUEUE_TYPE", &["stream"]),
    ("QUEUE_PORT", &["0", "many", "65536"]),
    ("JOBS_QUEUE", &["puppet-master-job-results", "amq.jobs"]),
    ("RESULTS_QUEUE", &["puppet-master-jobs"]),
    ("QUEUE_TLS", &["maybe"]),
    ("QUEUE_CA_FILE", &["/nowhere/ca.pem", "/dev/null"]),
];

/// What a gateway refuses.
const OF_THE_DATABASE: &[(&str, &[&str])] = &[
    ("COUCH_DB_HOST", &["http://couchdb", "couchdb:5984", "couchdb/prefix"]),
    ("COUCH_DB_PORT", &["0", "many"]),
    ("COUCH_DB_SCHEME", &["ftp", "https:"]),
    ("COUCH_DB_CA_FILE", &["/nowhere/ca.pem", "/dev/null"]),
    ("COUCH_DB_DATABASE", &["Jobs", "_users"]),
];

/// A program with all that it needs, on servers that are not there.
fn complete(binary: &str, folder: &std::path::Path) -> Program {
    let mut program = Program::new(processes::binary(binary));
    if binary == ONE_PROCESS {
        program = program.arg("up").env("DATA_DIR", folder.join("data").display());
    } else {
        program = program.env("QUEUE_HOST", "127.0.0.1").env("QUEUE_PORT", ports::free());
        program = program.env("QUEUE_USERNAME", "q").env("QUEUE_PASSWORD", "hunter2");
    }
    if binary == GATEWAY {
        program = program.env("COUCH_DB_HOST", "127.0.0.1").env("COUCH_DB_PORT", ports::free());
        program = program.env("COUCH_DB_USERNAME", "c").env("COUCH_DB_PASSWORD", "hunter2").env("API_TOKEN", "hunter2");
    }
    program.env("RUN_DIR", folder.join("run").display()).env("LISTEN_PORT", ports::free())
}

/// Checks that it ended with one line that names the variable and its flag.
async fn assert_refused(mut process: Process, name: &str, shown: &str) {
    let status = process.wait(DEADLINE).await;
    let told = process.stderr();
    assert_eq!(status.code(), Some(2), "{shown}: {told}");
    let flag = format!("(--{})", name.to_lowercase().replace('_', "-"));
    assert!(told.starts_with("error: "), "{shown}: {told}");
    assert!(told.contains(&format!("{name} {flag}")), "{shown}: {told}");
    assert_eq!(told.trim_end().lines().count(), 1, "{shown}: {told}");
    assert!(!told.contains("hunter2"), "{shown}: {told}");
}

async fn refuses(binary: &str, tables: &[&[(&str, &[&str])]]) {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, values) in tables.iter().copied().flatten() {
        for value in *values {
            let process = complete(binary, folder.path()).env(name, value).spawn();
            assert_refused(process, name, &format!("{binary} with {name}={value:?}")).await;
        }
    }
}

#[tokio::test]
async fn a_gateway_refuses_what_it_cannot_work_with() {
    refuses(GATEWAY, &[OF_THE_GATEWAY, OF_THE_BROKER, OF_THE_DATABASE]).await;
}

#[tokio::test]
async fn an_executor_refuses_what_it_cannot_work_with() {
    refuses(EXECUTOR, &[OF_THE_EXECUTOR, OF_THE_BROKER, of_root()]).await;
}

#[tokio::test]
async fn the_one_process_command_refuses_what_either_half_cannot_work_with() {
    let together: &[(&str, &[&str])] = &[("REQUEUE_AFTER", &["299s", "1m"])]; // JOB_TIMEOUT is 300 s
    refuses(ONE_PROCESS, &[OF_THE_GATEWAY, OF_THE_EXECUTOR, of_root(), together]).await;
}

#[tokio::test]
async fn what_is_set_to_nothing_is_absent() {
    let folder = tempfile::tempdir().expect("a folder");
    let required = [
        (
            GATEWAY,
            &[
                "QUEUE_HOST",
                "QUEUE_USERNAME",
                "QUEUE_PASSWORD",
                "COUCH_DB_HOST",
                "COUCH_DB_USERNAME",
                "COUCH_DB_PASSWORD",
                "API_TOKEN",
            ][..],
        ),
        (EXECUTOR, &["QUEUE_HOST", "QUEUE_USERNAME", "QUEUE_PASSWORD"][..]),
    ];
    for (binary, names) in required {
        for name in names {
            let mut process = complete(binary, folder.path()).env(name, "").spawn();
            assert_eq!(process.wait(DEADLINE).await.code(), Some(2), "{binary} with {name}=");
            let flag = name.to_lowercase().replace('_', "-");
            assert_eq!(process.stderr(), format!("error: {name} (--{flag}) is missing\n"));
        }
    }
    // What has a default, or need not be there, all of it at once.
    for (binary, tables) in [
        (GATEWAY, &[OF_THE_GATEWAY, OF_THE_BROKER, OF_THE_DATABASE][..]),
        (EXECUTOR, &[OF_THE_EXECUTOR, OF_THE_BROKER][..]),
        (ONE_PROCESS, &[OF_THE_GATEWAY, OF_THE_EXECUTOR][..]),
    ] {
        let names = tables.iter().copied().flatten().map(|(name, _)| *name);
        // A default would be a server or a folder of somebody else.
        let kept = ["LISTEN_PORT", "QUEUE_HOST", "QUEUE_PORT", "COUCH_DB_HOST", "COUCH_DB_PORT", "RUN_DIR"];
        let names = names.filter(|name| !(kept.contains(name) || binary == GATEWAY && *name == "API_TOKEN"));
        let others = ["QUEUE_VHOST", "CHROMIUM_HEADLESS", "CHROMIUM_EXECUTABLE", "API_TOKENS"];
        let program = names.chain(others).fold(complete(binary, folder.path()), |program, name| program.env(name, ""));
        let mut process = program.spawn();
        let begins = if binary == EXECUTOR { "executor begins" } else { "listens" };
        process.wait_for_output(begins, DEADLINE).await;
        process.terminate();
        assert!(process.wait(DEADLINE).await.success(), "{binary}: {}", process.stderr());
    }
}

#[tokio::test]
async fn the_predecessors_environment_starts() {
    let folder = tempfile::tempdir().expect("a folder");
    let executors: [&[(&str, &str)]; 3] = [
        &[("CHROMIUM_EXTRA_ARGS", ""), ("CHROMIUM_HEADLESS", ""), ("NODE_ENV", "production")],
        &[("CHROMIUM_EXTRA_ARGS", r#"["","--disable-sync"]"#), ("CHROMIUM_HEADLESS", "true")],
        &[("CHROMIUM_EXTRA_ARGS", "[]"), ("CHROMIUM_HEADLESS", "1")],
    ];
    for environment in executors {
        let program = complete(EXECUTOR, folder.path());
        let program = environment.iter().fold(program, |program, (name, value)| program.env(name, value));
        let mut process = program.env("STATUS_PORT", ports::free()).spawn();
        process.wait_for_output("executor begins", DEADLINE).await;
        process.terminate();
        assert!(process.wait(DEADLINE).await.success(), "{environment:?}: {}", process.stderr());
    }
    let gateways: [&[(&str, &str)]; 2] = [
        &[("VERBOSE", "T"), ("ENABLE_API", "1"), ("ENABLE_JOBS", "f")],
        &[("VERBOSE", "FALSE"), ("ENABLE_API", "true")],
    ];
    for environment in gateways {
        let program = complete(GATEWAY, folder.path());
        let program = environment.iter().fold(program, |program, (name, value)| program.env(name, value));
        let mut process = program.spawn();
        process.wait_for_output("gateway listens", DEADLINE).await;
        process.terminate();
        assert!(process.wait(DEADLINE).await.success(), "{environment:?}: {}", process.stderr());
    }
}

#[tokio::test]
async fn a_client_without_an_address_or_a_token_is_told_which() {
    for (environment, named) in [
        (&[][..], "PUPPET_MASTER_ENDPOINT"),
        (&[("PUPPET_MASTER_ENDPOINT", "")][..], "PUPPET_MASTER_ENDPOINT"),
        (&[("PUPPET_MASTER_ENDPOINT", "ftp://localhost")][..], "PUPPET_MASTER_ENDPOINT"),
        (&[("PUPPET_MASTER_ENDPOINT", "localhost")][..], "PUPPET_MASTER_API_TOKEN"),
        (&[("PUPPET_MASTER_ENDPOINT", "http://127.0.0.1:1")][..], "PUPPET_MASTER_API_TOKEN"),
    ] {
        let program = Program::new(processes::binary(ONE_PROCESS)).arg("jobs").arg("list");
        let program = environment.iter().fold(program, |program, (name, value)| program.env(name, value));
        assert_refused(program.spawn(), named, &format!("{environment:?}")).await;
    }
}
