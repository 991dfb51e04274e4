//! How to reach RabbitMQ.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use tokio_rustls::rustls::ClientConfig;

use crate::Secret;
use crate::config::{HostPort, boolean, host_and_port, number_from};
use crate::tls::{self, BadCaFile};

/// The RabbitMQ server and the names of its queues.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "RabbitMQ")]
pub struct QueueArgs {
    /// Host of the RabbitMQ server. The nodes of a cluster are separated by commas, each with a port if it has another one:
    /// `rabbit-1,rabbit-2:5673`. A connection begins with any of them and goes to the next when its node is lost.
    #[arg(id = "queue_host", long = "queue-host", env = "QUEUE_HOST", value_name = "HOST[:PORT],…", value_delimiter = ',',
          required = true, value_parser = host_and_port)]
    pub hosts: Vec<HostPort>,
    /// Port of the RabbitMQ server.
    #[arg(id = "queue_port", long = "queue-port", env = "QUEUE_PORT", value_name = "PORT", default_value_t = 5672,
          value_parser = number_from(1_u16))]
    pub port: u16,
    /// User at the RabbitMQ server.
    #[arg(id = "queue_username", long = "queue-username", env = "QUEUE_USERNAME", value_name = "NAME")]
    pub username: String,
    /// Password of that user.
    #[arg(
        id = "queue_password",
        long = "queue-password",
        env = "QUEUE_PASSWORD",
        value_name = "PASSWORD",
        hide_env_values = true
    )]
    pub password: Secret,
    /// Speak to the RabbitMQ server in TLS (amqps), whose port is usually 5671.
    #[arg(id = "queue_tls", long = "queue-tls", env = "QUEUE_TLS", value_name = "BOOL", default_value = "false",
          num_args = 0..=1, default_missing_value = "true", require_equals = true, action = clap::ArgAction::Set,
          value_parser = boolean)]
    pub tls: bool,
    /// PEM file with certificates of authorities that the system does not know, for QUEUE_TLS.
    #[arg(id = "queue_ca_file", long = "queue-ca-file", env = "QUEUE_CA_FILE", value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Virtual host at the RabbitMQ server.
    #[arg(id = "queue_vhost", long = "queue-vhost", env = "QUEUE_VHOST", value_name = "VHOST", default_value = "/")]
    pub vhost: String,
    /// Type of the two queues on the RabbitMQ server: `classic` as the predecessor declares them, or `quorum` for a cluster,
    /// whose jobs outlive a lost node. A queue keeps the type that it was made with.
    #[arg(id = "queue_type", long = "queue-type", env = "QUEUE_TYPE", value_name = "TYPE", value_enum,
          default_value_t = QueueType::Classic)]
    pub queue_type: QueueType,
    /// Queue that carries jobs to executors. It is declared durable, and with QUEUE_TYPE=classic without arguments, as the
    /// predecessor did.
    #[arg(
        id = "jobs_queue",
        long = "jobs-queue",
        env = "JOBS_QUEUE",
        value_name = "QUEUE",
        default_value = "puppet-master-jobs",
        value_parser = queue_name
    )]
    pub jobs_queue: String,
    /// Queue that carries results to gateways. Declared as the other one.
    #[arg(
        id = "results_queue",
        long = "results-queue",
        env = "RESULTS_QUEUE",
        value_name = "QUEUE",
        default_value = "puppet-master-job-results",
        value_parser = queue_name
    )]
    pub results_queue: String,
}

/// What kind of queue RabbitMQ keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum QueueType {
    /// On one node.
    Classic,
    /// On most nodes of a cluster.
    Quorum,
}

impl QueueArgs {
    /// Returns host and port of every node, at least one.
    pub fn addresses(&self) -> Vec<(String, u16)> {
        self.hosts.iter().map(|node| (node.host.clone(), node.port.unwrap_or(self.port))).collect()
    }

    /// Reads what QUEUE_CA_FILE holds.
    ///
    /// # Errors
    /// [`BadCaFile`] when it cannot be used.
    pub fn ca_pem(&self) -> Result<Option<String>, BadCaFile> {
        self.ca_file.as_ref().map(|path| tls::ca_pem("QUEUE_CA_FILE (--queue-ca-file)", path)).transpose()
    }

    /// Whom TLS with the broker believes; `None` without QUEUE_TLS.
    ///
    /// # Errors
    /// [`BadCaFile`] when QUEUE_CA_FILE cannot be used.
    pub fn client_config(&self) -> Result<Option<Arc<ClientConfig>>, BadCaFile> {
        let ca_pem = self.ca_pem()?;
        Ok(self.tls.then(|| tls::client_config(ca_pem.as_deref())))
    }

    /// Refuses what no single variable shows.
    ///
    /// # Errors
    /// [`SameQueue`] when jobs and results would meet in one queue.
    pub fn check(&self) -> Result<(), SameQueue> {
        if self.jobs_queue == self.results_queue { Err(SameQueue { name: self.jobs_queue.clone() }) } else { Ok(()) }
    }
}

/// Executors would consume results and gateways jobs.
#[derive(Debug, thiserror::Error)]
#[error("JOBS_QUEUE (--jobs-queue) and RESULTS_QUEUE (--results-queue) are both {name:?}: they must differ")]
pub struct SameQueue {
    name: String,
}

/// A name that a broker takes: AMQP's short strings have up to 255 bytes, and `amq.` is the broker's own.
fn queue_name(text: &str) -> Result<String, String> {
    if text.len() > 255 {
        return Err("expected at most 255 bytes".to_owned());
    }
    if text.starts_with("amq.") {
        return Err("names that begin with amq. are the broker's own".to_owned());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::{QueueArgs, queue_name};

    #[derive(Debug, Parser)]
    struct Config {
        #[command(flatten)]
        queue: QueueArgs,
    }

    #[test]
    fn jobs_and_results_travel_in_two_queues() {
        let given = ["x", "--queue-host=h", "--queue-username=q", "--queue-password=p"];
        let queue = |extra: &[&str]| Config::parse_from(given.iter().chain(extra)).queue;
        assert!(queue(&[]).check().is_ok());
        let error = queue(&["--jobs-queue=a", "--results-queue=a"]).check().unwrap_err().to_string();
        assert!(error.contains("JOBS_QUEUE") && error.contains("RESULTS_QUEUE"), "{error}");
    }

    #[test]
    fn nodes_of_a_cluster_are_a_list() {
        let given = ["x", "--queue-username=q", "--queue-password=p", "--queue-port=7"];
        let addresses = |hosts: &str| {
            let flag = format!("--queue-host={hosts}");
            Config::try_parse_from(given.into_iter().chain([flag.as_str()])).ok().map(|config| config.queue.addresses())
        };
        let node = |host: &str, port| (host.to_owned(), port);
        assert_eq!(
            addresses("a, b:8,[::1]:9,::2"),
            Some(vec![node("a", 7), node("b", 8), node("::1", 9), node("::2", 7)])
        );
        for wrong in ["a,,b", "a:0", "a:b", "a:1:2", "amqp://a:5"] {
            assert_eq!(addresses(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_queue_has_a_name_that_a_broker_takes() {
        assert!(queue_name(&"a".repeat(255)).is_ok());
        assert!(queue_name(&"a".repeat(256)).is_err());
        assert!(queue_name("amq.jobs").is_err());
    }
}
