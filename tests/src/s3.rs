//! A store of files that speaks S3's protocol, as a process of its own: it can be killed and comes back with what it had.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use testkit::ports;
use testkit::processes::{self, Process, Program};

/// Who its users are.
pub const KEY: &str = "key";
/// Their secret.
pub const SECRET: &str = "secret";
const BUCKET: &str = "files";
const START: Duration = Duration::from_secs(30);

/// A running server with one bucket.
pub struct S3Server {
    process: Process,
    port: u16,
    folder: TempDir,
}

impl S3Server {
    /// Starts one with an empty bucket.
    ///
    /// # Panics
    /// When it does not listen within half a minute.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        std::fs::create_dir(folder.path().join(BUCKET)).expect("a bucket");
        let port = ports::free();
        Self { process: serve(folder.path(), port).await, port, folder }
    }

    /// SIGKILL, and a start on the same port with what it had stored.
    ///
    /// # Panics
    /// When it does not listen again within half a minute.
    pub async fn kill_and_restart(&mut self) {
        self.process.kill();
        self.process = serve(self.folder.path(), self.port).await;
    }

    /// What gateways and executors are to be told of it.
    pub fn env(&self) -> Vec<(String, String)> {
        let endpoint = format!("http://127.0.0.1:{}", self.port);
        let address = format!("s3://{BUCKET}/some/prefix");
        let env = [
            ("FILES_URL", address.as_str()),
            ("AWS_ENDPOINT_URL", &endpoint),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", KEY),
            ("AWS_SECRET_ACCESS_KEY", SECRET),
        ];
        env.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    /// How many objects the bucket has.
    pub fn objects(&self) -> usize {
        files_below(&self.folder.path().join(BUCKET))
    }
}

async fn serve(folder: &Path, port: u16) -> Process {
    let program = Program::new(processes::binary("s3-server")).arg(folder.display().to_string()).arg(port.to_string());
    let mut process = program.spawn();
    process.wait_for_port(port, START).await;
    process
}

/// The regular files below a folder.
pub fn files_below(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.iter().map(|path| if path.is_dir() { files_below(path) } else { 1 }).sum()
}
