//! From configuration to a database and a broker.

use std::sync::Arc;

use job_files::JobFiles;
use job_queue::rabbitmq::{RabbitMqConfig, RabbitMqQueue, Tls};
use job_store::couchdb::{CouchDbConfig, CouchDbJobStore};

use service::Scheme;

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
    let rabbitmq = RabbitMqConfig {
        host: config.queue.host.clone(),
        port: config.queue.port,
        tls: config.queue.tls.then_some(Tls { ca_pem: config.queue.ca_pem()? }),
        username: config.queue.username.clone(),
        password: config.queue.password.expose().to_owned(),
        vhost: config.queue.vhost.clone(),
        jobs_queue: config.queue.jobs_queue.clone(),
        results_queue: config.queue.results_queue.clone(),
        connection_name: "puppet-master-gateway".to_owned(),
        ..RabbitMqConfig::default()
    };
    let files = config.files.files_url.as_deref().map(JobFiles::open).transpose()?;
    if files.is_none() {
        tracing::info!("jobs have no files: FILES_URL is not set");
    }
    let (store, queue) = (Arc::new(CouchDbJobStore::new(&couchdb)?), Arc::new(RabbitMqQueue::new(rabbitmq)?));
    Ok(Parts { store, queue, files })
}
