//! A real RabbitMQ: one that all test processes share, or one of the test's own that it may kill.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::fcntl::{Flock, FlockArg};
use reqwest::Url;
use tempfile::TempDir;
use tokio::sync::OnceCell;
use tokio::time::sleep;

use super::INSTALL;
use super::server::{Server, answers};
use crate::ports;

/// Seconds on an idle machine, much more on a busy one.
pub(super) const START_DEADLINE: Duration = Duration::from_secs(120);
/// AMQP's protocol header. The broker answers it with connection.start once it is up.
const PROBE: &[u8] = b"AMQP\x00\x00\x09\x01";
const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/rabbitmq");

/// A RabbitMQ to talk to. Dropping a private one stops it.
#[derive(Debug)]
pub struct RabbitMq {
    /// Where it listens.
    pub host: String,
    /// Where it listens.
    pub port: u16,
    /// A user with all rights on the vhost `/`.
    pub username: String,
    /// The user's password.
    pub password: String,
    private: Option<Node>,
}

/// A node that we have started.
#[derive(Debug)]
pub(super) struct Node {
    // Dropped before its directory: what still writes there would leave some of it behind.
    pub(super) server: Server,
    pub(super) directory: TempDir,
    /// AMQP, distribution, epmd.
    pub(super) ports: [u16; 3],
}

/// The broker that tests share: the one RABBITMQ_URL names (`amqp://user:password@host:port`), else one that the first
/// test process starts and that stops some seconds after the last one. Use [`crate::names::unique`] for queues.
pub async fn rabbitmq() -> RabbitMq {
    if let Some(text) = std::env::var("RABBITMQ_URL").ok().filter(|text| !text.is_empty()) {
        return parse(&text);
    }
    // The lock lives as long as the process: it is what keeps the broker alive.
    static SHARED: OnceCell<(Flock<File>, u16)> = OnceCell::const_new();
    let (_, port) = SHARED.get_or_init(join_shared).await;
    local(*port, None)
}

/// A broker of the test's own, which it may kill and restart on the same port and data.
pub async fn private_rabbitmq() -> RabbitMq {
    private_rabbitmq_with("").await
}

/// [`private_rabbitmq`] with further lines in its rabbitmq.conf.
pub async fn private_rabbitmq_with(configuration: &str) -> RabbitMq {
    require_program();
    let mut problem = String::new();
    // Another process may take a port between the choice and the start.
    for _ in 0..3 {
        match Node::start([ports::free(), ports::free(), ports::free()], &[("extra.conf", configuration)]).await {
            Ok(node) => return local(node.ports[0], Some(node)),
            Err(error) => problem = error,
        }
    }
    panic!("rabbitmq-server {problem}");
}

impl RabbitMq {
    /// The address of a node that somebody else keeps running, such as one of a cluster.
    #[must_use]
    pub fn at(port: u16) -> Self {
        local(port, None)
    }

    /// `amqp://user:password@host:port/%2f`
    #[must_use]
    pub fn url(&self) -> String {
        format!("amqp://{}:{}@{}:{}/%2f", self.username, self.password, self.host, self.port)
    }

    /// SIGKILL. The port refuses connections until [`Self::restart`].
    ///
    /// # Panics
    /// When the broker is shared.
    pub fn kill(&mut self) {
        self.private().server.kill();
    }

    /// Starts it again on the same port and data, after [`Self::kill`] or instead of it.
    ///
    /// # Panics
    /// When the broker is shared or does not come back.
    pub async fn restart(&mut self) {
        self.private().restart().await;
    }

    /// Gives the queues with these names a policy, such as `{"max-length": 1}`.
    ///
    /// # Panics
    /// When the broker is shared or takes no such policy.
    pub fn set_policy(&mut self, pattern: &str, definition: &str) {
        self.private().ask(&["set_policy", "test", pattern, definition]);
    }

    fn private(&mut self) -> &mut Node {
        self.private.as_mut().expect("only a private RabbitMQ can be killed")
    }
}

impl Node {
    /// Starts one that finds these files in its directory.
    pub(super) async fn start(ports: [u16; 3], files: &[(&str, &str)]) -> Result<Self, String> {
        let directory = tempfile::Builder::new().prefix("rabbitmq-").tempdir().expect("a temporary directory");
        for (name, text) in files {
            std::fs::write(directory.path().join(name), text).expect("a temporary directory is writable");
        }
        let mut server = spawn(directory.path(), ports);
        server.answers(ports[0], PROBE, START_DEADLINE).await?;
        Ok(Self { directory, ports, server })
    }

    /// Starts it again on the same ports and data.
    pub(super) async fn restart(&mut self) {
        self.server.kill();
        self.server = spawn(self.directory.path(), self.ports);
        if let Err(error) = self.server.answers(self.ports[0], PROBE, START_DEADLINE).await {
            panic!("restarted rabbitmq-server {error}");
        }
    }

    /// What rabbitmqctl prints when it is asked at this node.
    pub(super) fn ask(&self, words: &[&str]) -> String {
        let mut program = Command::new("/usr/lib/rabbitmq/bin/rabbitmqctl");
        // The settings of the system's own node stay out of it.
        program.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("LANG", "C.UTF-8");
        program.env("HOME", self.directory.path().join("home"));
        program.env("RABBITMQ_CONF_ENV_FILE", self.directory.path().join("environment"));
        program.env("ERL_EPMD_PORT", self.ports[2].to_string()).env("ERL_EPMD_ADDRESS", "127.0.0.1");
        program.args(["--node", &format!("puppet{}@localhost", self.ports[0]), "--timeout", "30"]).args(words);
        let output = program.output().expect("rabbitmqctl can be started");
        assert!(output.status.success(), "rabbitmqctl {words:?}: {output:?}");
        String::from_utf8(output.stdout).expect("names are text")
    }
}

fn local(port: u16, private: Option<Node>) -> RabbitMq {
    RabbitMq {
        host: "127.0.0.1".to_owned(),
        port,
        username: "puppet".to_owned(),
        password: "puppet".to_owned(),
        private,
    }
}

fn parse(text: &str) -> RabbitMq {
    let url = Url::parse(text).unwrap_or_else(|error| panic!("RABBITMQ_URL is not a URL: {error}"));
    RabbitMq {
        host: url.host_str().expect("RABBITMQ_URL names a host").to_owned(),
        port: url.port().unwrap_or(5672),
        username: url.username().to_owned(),
        password: url.password().unwrap_or_default().to_owned(),
        private: None,
    }
}

fn spawn(directory: &Path, ports: [u16; 3]) -> Server {
    let mut program = Command::new(format!("{SCRIPTS}/broker.sh"));
    program.arg(directory).args(ports.map(|port| port.to_string()));
    Server::spawn(&program, directory)
}

pub(super) fn require_program() {
    let found = ["/usr/lib/rabbitmq/bin", "/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"]
        .iter()
        .any(|directory| Path::new(directory).join("rabbitmq-server").exists());
    assert!(found, "rabbitmq-server is not installed: {INSTALL}");
}

/// Takes a share in the machine's test broker, starting it when there is none.
async fn join_shared() -> (Flock<File>, u16) {
    let directory = shared_directory();
    std::fs::create_dir_all(&directory).expect("the temporary directory is writable");
    // Before anything else: from here on the guardian knows that someone needs the broker.
    let share = lock(directory.join("users.lock"), FlockArg::LockShared).await;
    let starting = lock(directory.join("start.lock"), FlockArg::LockExclusive).await;
    let running = std::fs::read_to_string(directory.join("port")).ok().and_then(|text| text.parse().ok());
    if let Some(port) = running
        && answers(port, PROBE).await
    {
        return (share, port);
    }
    require_program();
    let port = start_shared(&directory).await;
    std::fs::write(directory.join("port"), port.to_string()).expect("the temporary directory is writable");
    drop(starting);
    (share, port)
}

#[expect(clippy::zombie_processes, reason = "the guardian outlives this process: we hold a share of what it guards")]
async fn start_shared(directory: &Path) -> u16 {
    let ports = [ports::free(), ports::free(), ports::free()];
    let path = directory.join("guardian.log");
    let log = File::create(&path).expect("the temporary directory is writable");
    let errors = log.try_clone().expect("a file handle can be cloned");
    let mut guardian = Command::new(format!("{SCRIPTS}/shared.sh"));
    guardian.arg(directory).args(ports.map(|port| port.to_string()));
    guardian.stdin(Stdio::null()).stdout(log).stderr(errors).process_group(0);
    let mut guardian = guardian.spawn().expect("crates/testkit/rabbitmq/shared.sh can be started");
    let end = Instant::now() + START_DEADLINE;
    while !answers(ports[0], PROBE).await {
        let ended = guardian.try_wait().expect("a child can be asked for its status").is_some();
        if ended || Instant::now() > end {
            let log = std::fs::read_to_string(&path).unwrap_or_default();
            panic!("the shared RabbitMQ did not start; {}:\n{log}", path.display());
        }
        sleep(Duration::from_millis(50)).await;
    }
    ports[0]
}

async fn lock(path: PathBuf, how: FlockArg) -> Flock<File> {
    let locking = tokio::task::spawn_blocking(move || {
        let file = File::options().create(true).truncate(false).write(true).read(true).open(&path);
        let file = file.unwrap_or_else(|error| panic!("failed to open {}: {error}", path.display()));
        Flock::lock(file, how).unwrap_or_else(|(_, error)| panic!("failed to lock {}: {error}", path.display()))
    });
    locking.await.expect("taking a file lock does not panic")
}

/// One for each user of the machine, named in scripts/test.sh too.
fn shared_directory() -> PathBuf {
    std::env::temp_dir().join(format!("puppet-master-tests-{}", nix::unistd::getuid())).join("rabbitmq")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn private_broker_dies_and_comes_back_on_its_port() {
        let mut broker = private_rabbitmq().await;
        assert!(answers(broker.port, PROBE).await);
        broker.kill();
        assert!(!answers(broker.port, PROBE).await);
        broker.restart().await;
        assert!(answers(broker.port, PROBE).await);
    }

    #[tokio::test]
    async fn shared_broker_is_one_for_all() {
        let (first, second) = (rabbitmq().await, rabbitmq().await);
        assert_eq!(first.url(), second.url());
        assert!(answers(first.port, PROBE).await);
    }
}
