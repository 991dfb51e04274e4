//! The contract of the seam, kept by every implementation.

use std::sync::Arc;

use job_queue::contract::Parties;
use job_queue::rabbitmq::{QueueType, RabbitMqConfig, RabbitMqQueue};

mod embedded {
    use std::sync::Arc;

    use job_queue::contract::Parties;
    use job_queue::embedded::EmbeddedQueue;

    async fn parties() -> Parties {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let queue = EmbeddedQueue::open(directory.path().join("queue.sqlite")).expect("a new file");
        Parties {
            gateway: Arc::new(queue.clone()),
            executor: Arc::new(queue),
            keeps_places: true,
            keep: Box::new(directory),
        }
    }

    job_queue::job_queue_contract!(parties);
}

mod rabbitmq {
    use job_queue::rabbitmq::QueueType;

    async fn parties() -> super::Parties {
        super::on_rabbitmq(QueueType::Classic).await
    }

    job_queue::job_queue_contract!(parties);
}

mod quorum {
    use job_queue::rabbitmq::QueueType;

    async fn parties() -> super::Parties {
        super::on_rabbitmq(QueueType::Quorum).await
    }

    job_queue::job_queue_contract!(parties);
}

/// Both parties with names of their own on the shared broker.
async fn on_rabbitmq(queue_type: QueueType) -> Parties {
    let broker = testkit::services::rabbitmq().await;
    let name = testkit::names::unique("contract");
    let config = RabbitMqConfig {
        host: broker.host,
        port: broker.port,
        username: broker.username,
        password: broker.password,
        jobs_queue: format!("{name}-jobs"),
        results_queue: format!("{name}-results"),
        job_events_exchange: format!("{name}-events"),
        job_control_exchange: format!("{name}-control"),
        queue_type,
        ..RabbitMqConfig::default()
    };
    let gateway = Arc::new(RabbitMqQueue::new(config.clone()).expect("good names"));
    let executor = Arc::new(RabbitMqQueue::new(config).expect("good names"));
    Parties { gateway, executor, keeps_places: queue_type == QueueType::Classic, keep: Box::new(()) }
}
