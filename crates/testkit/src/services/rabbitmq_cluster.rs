//! A cluster of real RabbitMQ nodes on this machine, which a test may kill one by one.

use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::time::sleep;

use super::rabbitmq::{Node, START_DEADLINE, require_program};
use super::server::Server;
use crate::ports;

/// Nodes that know each other. Dropping the cluster stops them.
#[derive(Debug)]
pub struct RabbitMqCluster {
    nodes: Vec<Node>,
    /// Who tells the nodes where the others are. Dropped last.
    _epmd: Server,
    _epmd_directory: TempDir,
}

/// A cluster of so many nodes. User puppet, password puppet.
///
/// # Panics
/// When a node does not start or does not join.
pub async fn rabbitmq_cluster(count: usize) -> RabbitMqCluster {
    require_program();
    let epmd_directory = tempfile::Builder::new().prefix("epmd-").tempdir().expect("a temporary directory");
    let epmd_port = ports::free();
    let mut epmd = Command::new("epmd");
    epmd.args(["-port", &epmd_port.to_string(), "-address", "127.0.0.1"]);
    let epmd = Server::spawn(&epmd, epmd_directory.path());
    let mut cluster = RabbitMqCluster { nodes: Vec::new(), _epmd: epmd, _epmd_directory: epmd_directory };
    for _ in 0..count {
        // One after the other: two that start together could each begin a cluster of its own.
        cluster.add(epmd_port).await;
    }
    let first = &cluster.nodes[0];
    let end = Instant::now() + START_DEADLINE;
    while first.ask(&["eval", "length(nodes())."]).trim() != (count - 1).to_string() {
        assert!(Instant::now() < end, "the nodes of the cluster do not know each other");
        sleep(Duration::from_millis(200)).await;
    }
    cluster
}

impl RabbitMqCluster {
    /// Host and port of each node, as QUEUE_HOST takes them.
    pub fn hosts(&self) -> String {
        let ports: Vec<String> = self.ports().map(|port| format!("127.0.0.1:{port}")).collect();
        ports.join(",")
    }

    /// The AMQP port of each node.
    pub fn ports(&self) -> impl Iterator<Item = u16> {
        self.nodes.iter().map(|node| node.ports[0])
    }

    /// Which node leads a quorum queue, by its place in [`Self::ports`]; as `asked`, another node, knows it.
    ///
    /// # Panics
    /// When there is no such queue.
    pub fn leader(&self, queue: &str, asked: usize) -> usize {
        let rows = self.nodes[asked].ask(&["list_queues", "--silent", "name", "leader"]);
        let row = rows.lines().find_map(|row| row.strip_prefix(queue)?.trim().strip_prefix("puppet"));
        let row = row.unwrap_or_else(|| panic!("no queue {queue} in:\n{rows}"));
        let place = self.nodes.iter().position(|node| row == format!("{}@localhost", node.ports[0]));
        place.expect("a node of this cluster")
    }

    /// SIGKILL.
    pub fn kill(&mut self, node: usize) {
        self.nodes[node].server.kill();
    }

    /// Starts a killed node again on the same port and data.
    ///
    /// # Panics
    /// When it does not come back.
    pub async fn restart(&mut self, node: usize) {
        self.nodes[node].restart().await;
    }

    async fn add(&mut self, epmd_port: u16) {
        let ports = [ports::free(), ports::free(), epmd_port];
        let first = self.nodes.first().map_or(ports[0], |node| node.ports[0]);
        let configuration = format!(
            "cluster_formation.peer_discovery_backend = classic_config\n\
             cluster_formation.classic_config.nodes.1 = puppet{first}@localhost\n"
        );
        let files = [("extra.conf", configuration.as_str()), ("cookie", "puppetmastertests")];
        let node = Node::start(ports, &files).await.unwrap_or_else(|error| panic!("rabbitmq-server {error}"));
        self.nodes.push(node);
    }
}
