//! From configuration to a database and a broker.

use std::sync::Arc;

use job_queue::rabbitmq::{RabbitMqConfig, RabbitMqQueue};
use job_store::couchdb::{CouchDbConfig, CouchDbJobStore};

use crate::config::Config;
use crate::parts::Parts;

/// CouchDB and RabbitMQ as configured. Neither is talked to yet; to be called inside a runtime.
pub(crate) fn connect(config: &Config) -> anyhow::Result<Parts> {
    let couchdb = CouchDbConfig::new(&config.couchdb.host, config.couchdb.port)
        .with_credentials(&config.couchdb.username, config.couchdb.password.expose())
        .with_database(&config.couchdb.database);
    let rabbitmq = RabbitMqConfig {
        host: config.queue.host.clone(),
        port: config.queue.port,
        username: config.queue.username.clone(),
        password: config.queue.password.expose().to_owned(),
        vhost: config.queue.vhost.clone(),
        jobs_queue: config.queue.jobs_queue.clone(),
        results_queue: config.queue.results_queue.clone(),
        connection_name: "puppet-master-gateway".to_owned(),
        ..RabbitMqConfig::default()
    };
    Ok(Parts { store: Arc::new(CouchDbJobStore::new(&couchdb)?), queue: Arc::new(RabbitMqQueue::new(rabbitmq)?) })
}
