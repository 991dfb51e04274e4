//! `puppet-master up` with two slots, and jobs that look at its dashboard.

use std::path::Path;
use std::time::Duration;

use job_model::Job;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::ports;
use testkit::processes::Process;
use tests::client::Client;
use tests::stack::TOKEN;
use tests::up;

/// A token with a name that may not delete. Its text is `test`.
const NAMED: &str = r#"
[[token]]
name = "shop"
sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
scopes = ["jobs:create", "jobs:read"]
"#;
const START: Duration = Duration::from_secs(60);
const DRIVE: Duration = Duration::from_secs(180);

/// A running system.
pub(crate) struct Server {
    pub(crate) client: Client,
    url: String,
    process: Process,
    _folder: TempDir,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port = ports::free();
        let tokens = folder.path().join("tokens.toml");
        std::fs::write(&tokens, NAMED).expect("a file of tokens");
        let mut process = up::program(port, folder.path())
            .env("TOKENS_FILE", tokens.display())
            .env("EXECUTOR_CONCURRENCY", 2)
            // Jobs of these tests visit the gateway that they run in.
            .env("NETWORK_ALLOW", "loopback,own")
            .spawn();
        process.wait_for_port(port, START).await;
        let url = format!("http://127.0.0.1:{port}");
        let client = Client::new(url.clone(), TOKEN);
        client.wait_ready(START).await;
        Self { client, url, process, _folder: folder }
    }

    /// Runs a job of this name to its end, however it ends.
    pub(crate) async fn run(&self, uuid: &str, code: &str, vars: Value) -> Job {
        self.client.run(json!({"uuid": uuid, "code": code, "vars": vars})).await
    }

    /// Stores something under a path.
    pub(crate) async fn put(&self, path: &str, body: Value) {
        let answer = self.client.send(reqwest::Method::PUT, path, Some(body)).await;
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap_or_default());
    }

    /// Waits until what a path answers holds a text.
    pub(crate) async fn has(&self, path: &str, text: &str) {
        let end = tokio::time::Instant::now() + START;
        loop {
            let answer = self.client.send(reqwest::Method::GET, path, None).await.text().await.expect("a body");
            if answer.contains(text) {
                return;
            }
            assert!(tokio::time::Instant::now() < end, "{path} has no {text}: {answer}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Runs a job that looks at the dashboard, keeps its pictures, and returns what else it saw.
    ///
    /// # Panics
    /// When the job fails: its error says what it missed.
    pub(crate) async fn drive(&self, code: &str, vars: Value) -> Value {
        let mut vars = vars;
        vars["url"] = json!(format!("{}/", self.url));
        vars["token"] = json!(TOKEN);
        let modules = json!({"dashboard": include_str!("dashboard.mjs")});
        let job = json!({"code": code, "vars": vars, "modules": modules, "timeout": DRIVE.as_secs()});
        let job = self.client.create(job).await;
        let job = self.client.wait_done(job.uuid.as_str(), DRIVE).await;
        let mut seen = serde_json::to_value(&job.results).expect("results");
        keep(seen["pictures"].take());
        assert_eq!(
            job.error,
            "",
            "{seen:#}\n{:#?}",
            job.logs.map(|lines| lines.into_iter().rev().take(20).collect::<Vec<_>>())
        );
        seen
    }

    pub(crate) async fn stop(mut self) {
        self.process.terminate();
        assert!(self.process.wait(Duration::from_secs(30)).await.success(), "{}", self.process.stderr());
    }
}

/// Writes pictures down, by name, beside what is built.
fn keep(pictures: Value) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("dashboard");
    std::fs::create_dir_all(&folder).expect("a folder for pictures");
    for (name, picture) in pictures.as_object().into_iter().flatten() {
        let bytes = base64_of(picture.as_str().expect("base64"));
        std::fs::write(folder.join(format!("{name}.png")), bytes).expect("a picture can be written");
    }
}

fn base64_of(text: &str) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(text).expect("base64")
}
