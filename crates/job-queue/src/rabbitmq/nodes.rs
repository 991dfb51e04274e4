//! The nodes of a broker, and which of them is next.

use uuid::Uuid;

use super::config::{Node, RabbitMqConfig};

/// The nodes in an order of this connection's own, so that connections spread over them, and those of a node that is lost
/// over all the others.
pub(super) struct Nodes {
    nodes: Vec<Node>,
    current: usize,
    /// How many failed one after the other.
    failed: usize,
}

impl Nodes {
    /// All of them, shuffled.
    pub(super) fn of(config: &RabbitMqConfig) -> Self {
        let mut nodes: Vec<(Uuid, Node)> = config.nodes().map(|node| (Uuid::new_v4(), node)).collect();
        nodes.sort_by_key(|(random, _)| *random);
        Self { nodes: nodes.into_iter().map(|(_, node)| node).collect(), current: 0, failed: 0 }
    }

    /// The one to try.
    pub(super) fn current(&self) -> &Node {
        &self.nodes[self.current]
    }

    /// The connection to the current one is lost: goes on to the next.
    pub(super) fn lost(&mut self) {
        self.failed = 1;
        self.advance();
    }

    /// The current one could not be connected to: goes on to the next. Whether that one is untried since the last success,
    /// so that there is nothing to wait for.
    pub(super) fn failed(&mut self) -> bool {
        self.failed += 1;
        self.advance();
        let untried = self.failed < self.nodes.len();
        if !untried {
            self.failed = 0;
        }
        untried
    }

    fn advance(&mut self) {
        self.current = (self.current + 1) % self.nodes.len();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn three() -> Nodes {
        let other_nodes = ["b", "c"].map(|host| Node { host: host.to_owned(), port: 1 }).to_vec();
        Nodes::of(&RabbitMqConfig { host: "a".to_owned(), port: 1, other_nodes, ..RabbitMqConfig::default() })
    }

    #[test]
    fn every_node_is_tried_once_before_there_is_a_pause() {
        let mut nodes = three();
        let mut tried = BTreeSet::from([nodes.current().host.clone()]);
        for _ in 0..2 {
            assert!(nodes.failed());
            tried.insert(nodes.current().host.clone());
        }
        assert_eq!(tried.len(), 3);
        assert!(!nodes.failed(), "all three failed");
        assert!(nodes.failed(), "after the pause there is another round");
    }

    #[test]
    fn after_a_loss_the_others_are_tried() {
        let mut nodes = three();
        let lost = nodes.current().host.clone();
        nodes.lost();
        assert_ne!(nodes.current().host, lost);
        assert!(nodes.failed());
        assert_ne!(nodes.current().host, lost);
        assert!(!nodes.failed());
    }

    #[test]
    fn a_single_node_always_waits() {
        let mut nodes = Nodes::of(&RabbitMqConfig::default());
        assert!(!nodes.failed() && !nodes.failed());
    }

    #[test]
    fn connections_begin_with_different_nodes() {
        let first: BTreeSet<String> = (0..60).map(|_| three().current().host.clone()).collect();
        assert_eq!(first.len(), 3);
    }
}
