//! How to reach RabbitMQ.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use crate::Secret;

/// The RabbitMQ server and the names of its queues.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "RabbitMQ")]
pub struct QueueArgs {
    /// Host of the RabbitMQ server.
    #[arg(id = "queue_host", long = "queue-host", env = "QUEUE_HOST", value_name = "HOST",
          value_parser = NonEmptyStringValueParser::new())]
    pub host: String,
    /// Port of the RabbitMQ server.
    #[arg(id = "queue_port", long = "queue-port", env = "QUEUE_PORT", value_name = "PORT", default_value_t = 5672)]
    pub port: u16,
    /// User at the RabbitMQ server.
    #[arg(id = "queue_username", long = "queue-username", env = "QUEUE_USERNAME", value_name = "NAME",
          value_parser = NonEmptyStringValueParser::new())]
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
    /// Virtual host at the RabbitMQ server.
    #[arg(id = "queue_vhost", long = "queue-vhost", env = "QUEUE_VHOST", value_name = "VHOST", default_value = "/")]
    pub vhost: String,
    /// Queue that carries jobs to executors. It is declared durable and without arguments, as the predecessor did.
    #[arg(
        id = "jobs_queue",
        long = "jobs-queue",
        env = "JOBS_QUEUE",
        value_name = "QUEUE",
        default_value = "puppet-master-jobs"
    )]
    pub jobs_queue: String,
    /// Queue that carries results to gateways. Declared as the other one.
    #[arg(
        id = "results_queue",
        long = "results-queue",
        env = "RESULTS_QUEUE",
        value_name = "QUEUE",
        default_value = "puppet-master-job-results"
    )]
    pub results_queue: String,
}
