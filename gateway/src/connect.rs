//! From configuration to a database and a broker.

use std::sync::Arc;

use job_files::JobFiles;
use job_queue::rabbitmq::{Node, QueueType, RabbitMqConfig, RabbitMqQueue};
use job_store::couchdb::{CouchDbConfig, CouchDbJobStore};

use service::tls::BadCaFile;
use service::{QueueArgs, Scheme};

use crate::config::Config;
use crate::parts::Parts;

/// CouchDB and RabbitMQ as configured. Neither is talked to yet; to be called inside a runtime.
pub(crate) fn connect(config: &Config) -> anyhow::Result<Parts> {
    let mut couchdb = CouchDbConfig::new(&config.couchdb.host, config.couchdb.port)
        .with_credentials(&config.couchdb.username, config.couchdb.password.expose())
        .with_database(&config.couchdb.database);
    if config.couchdb.scheme == Scheme::Https {
        couchdb = couchdb.with_tls(service::tls::client_config(config.couchdb.ca_pem()?.as_deref()));
    }
    let rabbitmq = rabbitmq_config(&config.queue, "puppet-master-gateway")?;
    let files = config.files.files_url.as_deref().map(JobFiles::open).transpose()?;
    if files.is_none() {
        tracing::info!("jobs have no files: FILES_URL is not set");
    }
    let (store, queue) = (Arc::new(CouchDbJobStore::new(&couchdb)?), Arc::new(RabbitMqQueue::new(rabbitmq)?));
    let records = Arc::new(store.records());
    Ok(Parts { store, records, queue, files })
}

/// Describes a broker as configured, with the name that its own pages give the connection.
///
/// # Errors
/// [`BadCaFile`] when QUEUE_CA_FILE cannot be used.
pub fn rabbitmq_config(args: &QueueArgs, connection_name: &str) -> Result<RabbitMqConfig, BadCaFile> {
    let mut nodes = args.addresses().into_iter().map(|(host, port)| Node { host, port });
    let first = nodes.next().expect("a required value is there");
    Ok(RabbitMqConfig {
        host: first.host,
        port: first.port,
        other_nodes: nodes.collect(),
        queue_type: match args.queue_type {
            service::QueueType::Classic => QueueType::Classic,
            service::QueueType::Quorum => QueueType::Quorum,
        },
        tls: args.client_config()?,
        username: args.username.clone(),
        password: args.password.expose().to_owned(),
        vhost: args.vhost.clone(),
        jobs_queue: args.jobs_queue.clone(),
        results_queue: args.results_queue.clone(),
        connection_name: connection_name.to_owned(),
        ..RabbitMqConfig::default()
    })
}
