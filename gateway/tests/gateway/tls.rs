//! Database and broker behind TLS, with certificates of an authority that no system knows.

use std::sync::Arc;

use gateway::Parts;
use job_queue::rabbitmq::{RabbitMqConfig, RabbitMqQueue};
use job_queue::{JobQueue, Queue};
use job_store::JobStore;
use job_store::couchdb::CouchDbJobStore;
use serde_json::json;
use service::Chain;
use testkit::services;
use testkit::tls_terminator::TlsTerminator;

use crate::running::{Running, couchdb_config, rabbitmq_config, settings, within};
use crate::sweeping::take_job;

#[tokio::test]
async fn jobs_are_stored_and_queued_behind_tls() {
    let couchdb = services::couchdb().await;
    let database = TlsTerminator::start(&couchdb.host, couchdb.port);
    let plain = rabbitmq_config().await;
    let broker = TlsTerminator::start(&plain.host, plain.port);

    let mut store_config = couchdb_config(&couchdb).with_tls(service::tls::client_config(Some(&database.ca_pem)));
    store_config.url = format!("https://localhost:{}", database.port);
    let tls = Some(service::tls::client_config(Some(&broker.ca_pem)));
    let queue_config = RabbitMqConfig { host: "localhost".to_owned(), port: broker.port, tls, ..plain };
    let store = Arc::new(CouchDbJobStore::new(&store_config).unwrap());
    let queue = Arc::new(RabbitMqQueue::new(queue_config.clone()).unwrap());
    let records = Arc::new(store.records());
    let parts = Parts { store, records, queue, files: None };
    within(parts.store.prepare()).await.unwrap();
    let gateway = Running::start(&parts, settings()).await;
    let id = gateway.create(&json!({"code": "x".repeat(100_000)})).await;
    assert_eq!(take_job(&crate::running::Backend::of(parts.clone())).await.uuid, id);
    assert_eq!(parts.queue.depth(Queue::Jobs).await.unwrap(), 0);
    gateway.stop().await;

    // Whoever does not know the authority believes nobody.
    store_config.tls = Some(service::tls::client_config(None));
    let error = CouchDbJobStore::new(&store_config).unwrap().ping().await.unwrap_err();
    assert!(Chain(&error).to_string().contains("certificate"), "{}", Chain(&error).to_string());
    let strict = RabbitMqConfig {
        tls: Some(service::tls::client_config(None)),
        connection_wait: std::time::Duration::from_secs(3),
        ..queue_config
    };
    let queue = RabbitMqQueue::new(strict).unwrap();
    // The first attempt is under way for a moment.
    within(async {
        loop {
            let error = queue.ping().await.expect_err("nobody is believed");
            if Chain(&error).to_string().to_lowercase().contains("certificate") {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    })
    .await;
}
