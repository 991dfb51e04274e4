//! What the gateway counts, in the Prometheus text form.

use job_model::Job;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use service::http_server::DoorEvent;

/// Upper ends of the latency buckets, in seconds.
const SECONDS: [f64; 14] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 30.0, 300.0];

/// One kind of answered request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct RequestLabels {
    pub(crate) method: &'static str,
    /// The route's pattern, never the path itself.
    pub(crate) route: String,
    pub(crate) status: u16,
}

/// A state of jobs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct StatusLabels {
    pub(crate) status: &'static str,
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct OutcomeLabels {
    pub(crate) outcome: &'static str,
}

/// Which jobs go first.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct PriorityLabels {
    pub(crate) priority: &'static str,
}

/// What jobs wait for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct WaitLabels {
    pub(crate) reason: &'static str,
}

/// What came of an attempt to deliver a webhook.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct DeliveryLabels {
    pub(crate) result: &'static str,
}

impl DeliveryLabels {
    const RESULTS: [&str; 4] = ["delivered", "failed", "given_up", "gone"];
}

/// Why a job's row was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct RowLabels {
    pub(crate) row: &'static str,
}

/// All metrics of one gateway.
pub(crate) struct Metrics {
    registry: Registry,
    pub(crate) requests: Family<RequestLabels, Counter>,
    pub(crate) request_seconds: Histogram,
    pub(crate) created: Counter,
    pub(crate) done: Family<OutcomeLabels, Counter>,
    pub(crate) publish_latency: Histogram,
    pub(crate) total_latency: Histogram,
    pub(crate) results_stored: Counter,
    pub(crate) results_dropped: Counter,
    pub(crate) swept_created: Counter,
    pub(crate) swept_queued: Counter,
    pub(crate) given_up: Counter,
    pub(crate) retried: Family<OutcomeLabels, Counter>,
    pub(crate) rows_written: Family<RowLabels, Counter>,
    pub(crate) questions: Counter,
    pub(crate) left_old: Gauge,
    pub(crate) retired: Counter,
    pub(crate) store_errors: Counter,
    pub(crate) broker_errors: Counter,
    pub(crate) jobs: Family<StatusLabels, Gauge>,
    pub(crate) published: Family<PriorityLabels, Counter>,
    pub(crate) waiting: Family<WaitLabels, Gauge>,
    pub(crate) batches_done: Counter,
    pub(crate) ticks_fired: Counter,
    pub(crate) ticks_missed: Counter,
    pub(crate) queue_depth: Gauge,
    pub(crate) wrong_tokens: Counter,
    pub(crate) webhook_attempts: Family<DeliveryLabels, Counter>,
    pub(crate) webhook_latency: Histogram,
    connections: Gauge,
    connections_refused: Counter,
    connections_timed_out: Counter,
    pub(crate) oldest_queued_seconds: Gauge,
}

impl Metrics {
    /// All at zero.
    pub(crate) fn new() -> Self {
        let metrics = Self {
            registry: Registry::default(),
            requests: Family::default(),
            request_seconds: Histogram::new(SECONDS),
            created: Counter::default(),
            done: Family::default(),
            publish_latency: Histogram::new(SECONDS),
            total_latency: Histogram::new(SECONDS),
            results_stored: Counter::default(),
            results_dropped: Counter::default(),
            swept_created: Counter::default(),
            swept_queued: Counter::default(),
            given_up: Counter::default(),
            retried: Family::default(),
            rows_written: Family::default(),
            questions: Counter::default(),
            left_old: Gauge::default(),
            retired: Counter::default(),
            store_errors: Counter::default(),
            broker_errors: Counter::default(),
            jobs: Family::default(),
            published: Family::default(),
            waiting: Family::default(),
            batches_done: Counter::default(),
            ticks_fired: Counter::default(),
            ticks_missed: Counter::default(),
            queue_depth: Gauge::default(),
            wrong_tokens: Counter::default(),
            webhook_attempts: Family::default(),
            webhook_latency: Histogram::new(SECONDS),
            connections: Gauge::default(),
            connections_refused: Counter::default(),
            connections_timed_out: Counter::default(),
            oldest_queued_seconds: Gauge::default(),
        };
        metrics.registered()
    }

    fn registered(mut self) -> Self {
        let mut registry = service::metrics::registry("gateway");
        let all = registry.sub_registry_with_prefix("puppet_master_gateway");
        all.register("requests", "Answered requests", self.requests.clone());
        let seconds = Unit::Seconds;
        all.register_with_unit("request", "Time to answer", seconds.clone(), self.request_seconds.clone());
        all.register("jobs_created", "Jobs accepted here", self.created.clone());
        all.register("jobs_done", "Jobs ended here", self.done.clone());
        let help = "Time from stored to confirmed by the broker, of jobs accepted here";
        all.register_with_unit("publish", help, seconds.clone(), self.publish_latency.clone());
        let help = "Time from accepted to done, in whole seconds, of jobs ended here";
        all.register_with_unit("job", help, seconds.clone(), self.total_latency.clone());
        all.register("results_stored", "Results stored", self.results_stored.clone());
        all.register(
            "results_dropped",
            "Results that were unreadable, late or of no job",
            self.results_dropped.clone(),
        );
        let help = "Jobs left created that the sweep published";
        all.register("swept_created", help, self.swept_created.clone());
        let help = "Jobs lost from the queue that the sweep published again";
        all.register("swept_queued", help, self.swept_queued.clone());
        all.register("jobs_given_up", "Jobs ended because no result came back", self.given_up.clone());
        let help = "Tries that failed and are followed by another, by how they ended";
        all.register("jobs_retried", help, self.retried.clone());
        let help = "Rows of jobs written to the database, by what they say; with jobs_done: rows per job";
        all.register("job_rows_written", help, self.rows_written.clone());
        all.register("questions_answered", "Questions of executors answered", self.questions.clone());
        let help = "Jobs without a note of a gateway that are older than REQUEUE_MAX_AGE and are left as they are";
        all.register("jobs_left_old", help, self.left_old.clone());
        all.register("jobs_retired", "Jobs deleted because of their age", self.retired.clone());
        all.register("store_errors", "Failed calls to the database", self.store_errors.clone());
        all.register("broker_errors", "Failed calls to the broker", self.broker_errors.clone());
        all.register("jobs", "Jobs in the database by state", self.jobs.clone());
        let help = "Jobs put on the queue, by their priority";
        all.register("jobs_published", help, self.published.clone());
        let help = "Jobs that are not on the queue yet, by what they wait for";
        all.register("jobs_waiting", help, self.waiting.clone());
        all.register("batches_done", "Batches whose end was seen here", self.batches_done.clone());
        all.register("schedule_ticks_fired", "Jobs that schedules have made here", self.ticks_fired.clone());
        let help = "Times that ticks of a schedule were passed over because no gateway ran";
        all.register("schedule_ticks_missed", help, self.ticks_missed.clone());
        all.register("queue_depth", "Jobs that wait in the queue", self.queue_depth.clone());
        all.register("wrong_tokens", "Requests with a wrong token", self.wrong_tokens.clone());
        let help =
            "Attempts to deliver a webhook: delivered, failed (to be tried again), given_up (after a day), gone (410)";
        for result in DeliveryLabels::RESULTS {
            // An alert on none is blind to one that nobody has counted yet.
            drop(self.webhook_attempts.get_or_create(&DeliveryLabels { result }));
        }
        all.register("webhook_attempts", help, self.webhook_attempts.clone());
        let help = "Time that receivers of webhooks took";
        all.register_with_unit("webhook", help, seconds.clone(), self.webhook_latency.clone());
        all.register("connections", "Connections of clients", self.connections.clone());
        let help = "Connections beyond MAX_CONNECTIONS, which are for health checks alone";
        all.register("connections_refused", help, self.connections_refused.clone());
        let help = "Connections closed because HEADER_TIMEOUT or IDLE_TIMEOUT was over";
        all.register("connections_timed_out", help, self.connections_timed_out.clone());
        let help = "Age of the oldest job in state queued";
        all.register_with_unit("oldest_queued", help, seconds, self.oldest_queued_seconds.clone());
        self.registry = registry;
        self
    }

    /// Counts a job that ended.
    pub(crate) fn observe_done(&self, job: &Job) {
        self.done.get_or_create(&OutcomeLabels { outcome: job.outcome_or_derived().as_str() }).inc();
        let finished = job.finished_at.unwrap_or_else(job_model::Timestamp::now);
        let millis = finished.unix_millis().saturating_sub(job.created_at.unix_millis()).max(0);
        #[expect(clippy::cast_precision_loss, reason = "a histogram does not mind")]
        self.total_latency.observe(millis as f64 / 1000.0);
    }

    /// Counts what happens to connections.
    pub(crate) fn count_at_door(&self, event: DoorEvent) {
        match event {
            DoorEvent::Opened => {
                self.connections.inc();
            }
            DoorEvent::Closed => {
                self.connections.dec();
            }
            DoorEvent::TurnedAway => {
                self.connections_refused.inc();
            }
            DoorEvent::TimedOut => {
                self.connections_timed_out.inc();
            }
        }
    }

    /// All of them in the form that `accept` asks for: media type and text.
    pub(crate) fn answer(&self, accept: Option<&str>) -> (&'static str, String) {
        service::metrics::answer(&self.registry, accept)
    }
}

#[cfg(test)]
mod tests {
    use super::{Metrics, RequestLabels};

    #[test]
    fn counters_and_histograms_have_their_names() {
        let metrics = Metrics::new();
        metrics.requests.get_or_create(&RequestLabels { method: "GET", route: "/jobs".to_owned(), status: 200 }).inc();
        metrics.request_seconds.observe(0.002);
        let (_, text) = metrics.answer(Some("application/openmetrics-text"));
        let expected = r#"puppet_master_gateway_requests_total{method="GET",route="/jobs",status="200"} 1"#;
        assert!(text.contains(expected), "{text}");
        assert!(text.contains(r#"puppet_master_gateway_request_seconds_bucket{le="0.0025"} 1"#), "{text}");
        assert!(text.ends_with("# EOF\n"));
    }
}
