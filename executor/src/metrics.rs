//! What the executor counts, in the Prometheus text form.

use std::fmt::Write;
use std::sync::atomic::Ordering;
use std::time::Duration;

use egress::Counters;
use job_model::Outcome;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::protocol::BrowserReport;

/// Upper ends of the buckets for times, in seconds.
const SECONDS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 1800.0];

/// Upper ends of the buckets for what a job moves, in bytes: up to JOB_NETWORK_BYTES as it is without a setting.
const BYTES: [f64; 8] = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10];

/// Upper ends of the buckets for a job's connections.
const CONNECTIONS: [f64; 9] = [0.0, 1.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 1000.0];

/// How a delivery ended here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum DeliveryEnd {
    /// Its job has this outcome.
    Job(Outcome),
    /// Its job failed and took its slot process along.
    SlotLost,
    /// Its message could not be read.
    Unreadable,
    /// Nobody wants its job to run, or not here: it was cancelled, deleted, done, or runs elsewhere.
    Unwanted,
    /// The executor ended before the job did; another one gets it.
    HandedBack,
}

impl EncodeLabelValue for DeliveryEnd {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        encoder.write_str(match self {
            DeliveryEnd::Job(outcome) => outcome.as_str(),
            DeliveryEnd::SlotLost => "lost",
            DeliveryEnd::Unreadable => "unreadable",
            DeliveryEnd::Unwanted => "unwanted",
            DeliveryEnd::HandedBack => "handed_back",
        })
    }
}

/// A part of a job's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Phase {
    /// From the job's creation, by the gateway's clock, to its arrival here.
    Queue,
    /// From the end of the job before to a page that is ready.
    Prepare,
    /// In the slot.
    Run,
    /// Until the broker has confirmed the result.
    Publish,
}

impl EncodeLabelValue for Phase {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        encoder.write_str(match self {
            Phase::Queue => "queue",
            Phase::Prepare => "prepare",
            Phase::Run => "run",
            Phase::Publish => "publish",
        })
    }
}

/// The label of [`Metrics::jobs`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: DeliveryEnd,
}

/// The label of [`Metrics::phases`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PhaseLabel {
    phase: Phase,
}

/// The number of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AttemptLabel {
    number: u32,
}

/// A part of the executor's tree of processes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PartLabel {
    part: &'static str,
}

/// All metrics of one executor.
pub(crate) struct Metrics {
    registry: Registry,
    jobs: Family<OutcomeLabel, Counter>,
    attempts: Family<AttemptLabel, Counter>,
    phases: Family<PhaseLabel, Histogram>,
    deadline_hits: Counter,
    slots: Gauge,
    slots_busy: Gauge,
    slot_starts: Counter,
    slot_start_failures: Counter,
    slot_losses: Counter,
    browser_starts: Counter,
    browser_crashes: Counter,
    browser_recycles: Counter,
    memory: Family<PartLabel, Gauge>,
    network_open: Gauge,
    network_connections: Counter,
    network_refused: Counter,
    network_failed: Counter,
    network_sent: Counter,
    network_received: Counter,
    job_network: Histogram,
    job_connections: Histogram,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            registry: Registry::default(),
            jobs: Family::default(),
            attempts: Family::default(),
            phases: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            deadline_hits: Counter::default(),
            slots: Gauge::default(),
            slots_busy: Gauge::default(),
            slot_starts: Counter::default(),
            slot_start_failures: Counter::default(),
            slot_losses: Counter::default(),
            browser_starts: Counter::default(),
            browser_crashes: Counter::default(),
            browser_recycles: Counter::default(),
            memory: Family::default(),
            network_open: Gauge::default(),
            network_connections: Counter::default(),
            network_refused: Counter::default(),
            network_failed: Counter::default(),
            network_sent: Counter::default(),
            network_received: Counter::default(),
            job_network: Histogram::new(BYTES),
            job_connections: Histogram::new(CONNECTIONS),
        }
        .registered()
    }
}

impl Metrics {
    fn registered(mut self) -> Self {
        let mut registry = service::metrics::registry("executor");
        let all = registry.sub_registry_with_prefix("puppet_master_executor");
        all.register("jobs", "Jobs that ended here", self.jobs.clone());
        all.register("attempts", "Jobs begun here, by how often they were begun anywhere", self.attempts.clone());
        let help = "Parts of a job's time";
        all.register_with_unit("job_phase", help, Unit::Seconds, self.phases.clone());
        all.register("deadline_hits", "Jobs stopped at their deadline", self.deadline_hits.clone());
        all.register("slots", "Slot processes that serve", self.slots.clone());
        all.register("slots_busy", "Slot processes with a job", self.slots_busy.clone());
        all.register("slot_starts", "Slot processes started", self.slot_starts.clone());
        all.register("slot_start_failures", "Slot processes that did not start", self.slot_start_failures.clone());
        all.register("slot_losses", "Slot processes that ended or were killed", self.slot_losses.clone());
        all.register("browser_starts", "Chromiums started", self.browser_starts.clone());
        all.register("browser_crashes", "Chromiums that crashed or hung", self.browser_crashes.clone());
        all.register("browser_recycles", "Chromiums that had served enough", self.browser_recycles.clone());
        let help = "Private memory of the executor and its descendants";
        all.register_with_unit("memory", help, Unit::Bytes, self.memory.clone());
        all.register("network_open", "Connections of browsers that are open", self.network_open.clone());
        all.register("network_connections", "Connections of browsers", self.network_connections.clone());
        all.register("network_refused", "Connections that the policy refused", self.network_refused.clone());
        all.register("network_failed", "Connections that failed otherwise", self.network_failed.clone());
        all.register_with_unit("network_sent", "Sent by browsers", Unit::Bytes, self.network_sent.clone());
        all.register_with_unit("network_received", "Received by browsers", Unit::Bytes, self.network_received.clone());
        let help = "What the pages of one job sent and received";
        all.register_with_unit("job_network", help, Unit::Bytes, self.job_network.clone());
        all.register("job_connections", "Connections of one job's pages", self.job_connections.clone());
        self.registry = registry;
        self
    }

    pub(crate) fn begun(&self, attempt: u32) {
        // A label for each number that anybody may send would be one too many.
        self.attempts.get_or_create(&AttemptLabel { number: attempt.min(10) }).inc();
    }

    pub(crate) fn ended(&self, outcome: DeliveryEnd) {
        self.jobs.get_or_create(&OutcomeLabel { outcome }).inc();
        if outcome == DeliveryEnd::Job(Outcome::TimedOut) {
            self.deadline_hits.inc();
        }
    }

    pub(crate) fn took(&self, phase: Phase, time: Duration) {
        self.phases.get_or_create(&PhaseLabel { phase }).observe(time.as_secs_f64());
    }

    pub(crate) fn slot_started(&self) {
        self.slot_starts.inc();
    }

    pub(crate) fn slot_failed_to_start(&self) {
        self.slot_start_failures.inc();
    }

    pub(crate) fn slot_lost(&self) {
        self.slot_losses.inc();
    }

    pub(crate) fn slot_ready(&self, report: &BrowserReport) {
        self.took(Phase::Prepare, report.prepared_in);
        self.browser_starts.inc_by(report.starts.into());
        self.browser_crashes.inc_by(report.crashes.into());
        self.browser_recycles.inc_by(report.recycles.into());
    }

    pub(crate) fn set_slots(&self, alive: usize, busy: usize) {
        self.slots.set(i64::try_from(alive).unwrap_or(i64::MAX));
        self.slots_busy.set(i64::try_from(busy).unwrap_or(i64::MAX));
    }

    pub(crate) fn set_memory(&self, part: &'static str, bytes: u64) {
        self.memory.get_or_create(&PartLabel { part }).set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    /// A job has ended that used its way out so much.
    #[allow(clippy::cast_precision_loss)] // a bucket is wider than what is lost
    pub(crate) fn job_used_network(&self, counters: &Counters) {
        self.job_network.observe(counters.bytes_up.saturating_add(counters.bytes_down) as f64);
        self.job_connections.observe(counters.connections as f64);
    }

    /// The guard counts by itself.
    pub(crate) fn set_network(&self, counters: &Counters) {
        self.network_open.set(i64::try_from(counters.open).unwrap_or(i64::MAX));
        for (counter, number) in [
            (&self.network_connections, counters.connections),
            (&self.network_refused, counters.refused),
            (&self.network_failed, counters.failed),
            (&self.network_sent, counters.bytes_up),
            (&self.network_received, counters.bytes_down),
        ] {
            counter.inner().store(number, Ordering::Relaxed);
        }
    }

    /// Writes all of them in the form that `accept` asks for: media type and text.
    pub(crate) fn answer(&self, accept: Option<&str>) -> (&'static str, String) {
        service::metrics::answer(&self.registry, accept)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use job_model::Outcome;

    use super::{DeliveryEnd, Metrics, Phase};
    use crate::protocol::BrowserReport;

    #[test]
    fn metrics_have_their_names() {
        let metrics = Metrics::default();
        metrics.begun(1);
        metrics.ended(DeliveryEnd::Job(Outcome::TimedOut));
        metrics.ended(DeliveryEnd::Unwanted);
        metrics.took(Phase::Run, Duration::from_millis(20));
        metrics.slot_ready(&BrowserReport { starts: 2, crashes: 1, ..BrowserReport::default() });
        metrics.set_slots(2, 1);
        metrics.set_memory("browsers", 5);
        metrics.set_network(&egress::Counters { refused: 3, bytes_down: 7, ..egress::Counters::default() });
        metrics.job_used_network(&egress::Counters { connections: 2, bytes_up: 3, ..egress::Counters::default() });
        let (_, text) = metrics.answer(None);
        for line in [
            r#"puppet_master_executor_jobs_total{outcome="timed_out"} 1"#,
            r#"puppet_master_executor_jobs_total{outcome="unwanted"} 1"#,
            r#"puppet_master_executor_attempts_total{number="1"} 1"#,
            r#"puppet_master_executor_job_phase_seconds_bucket{le="0.025",phase="run"} 1"#,
            "puppet_master_executor_deadline_hits_total 1",
            "puppet_master_executor_slots_busy 1",
            "puppet_master_executor_browser_starts_total 2",
            "puppet_master_executor_browser_crashes_total 1",
            r#"puppet_master_executor_memory_bytes{part="browsers"} 5"#,
            "puppet_master_executor_network_refused_total 3",
            "puppet_master_executor_network_received_bytes_total 7",
            r#"puppet_master_executor_job_network_bytes_bucket{le="1000.0"} 1"#,
            r#"puppet_master_executor_job_connections_bucket{le="1.0"} 0"#,
        ] {
            assert!(text.contains(line), "no {line} in {text}");
        }
    }
}
