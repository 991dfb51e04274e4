//! What the metrics of all our processes have in common: who they are of, what the process takes of its machine, and the form
//! that a scraper asks for.

use std::fmt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::registry::{Registry, Unit};

/// What a scraper that asks for it gets: <https://prometheus.io/docs/specs/om/open_metrics_spec/>.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// What everybody else gets: <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Makes a registry with `puppet_master_SERVICE_build_info` and the `process_` metrics of this process.
pub fn registry(service: &str) -> Registry {
    let mut registry = Registry::default();
    let build: Family<Vec<(&'static str, &'static str)>, Gauge> = Family::default();
    build.get_or_create(&vec![("version", env!("CARGO_PKG_VERSION"))]).set(1);
    let help = "The version that runs";
    registry.sub_registry_with_prefix(format!("puppet_master_{service}")).register("build_info", help, build);
    registry.register_collector(Box::new(Process { since: SystemTime::now() }));
    registry
}

/// Writes everything in the form that `accept`, the header of the request, asks for: its media type, and the text.
///
/// # Panics
/// Never: a text takes all text.
pub fn answer(registry: &Registry, accept: Option<&str>) -> (&'static str, String) {
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, registry).expect("a String takes all text");
    if accept.is_some_and(|accept| accept.contains("application/openmetrics-text")) {
        return (OPEN_METRICS, text);
    }
    (TEXT, plain(&text))
}

/// OpenMetrics as Prometheus's own text form. There a counter is called as its sample is, and what stands behind `#` is HELP
/// or TYPE.
fn plain(open: &str) -> String {
    let counters: Vec<&str> =
        open.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter")).collect();
    let mut text = String::with_capacity(open.len());
    for line in open.lines() {
        let told = line.strip_prefix("# HELP ").or_else(|| line.strip_prefix("# TYPE "));
        match told.and_then(|told| told.split_once(' ')) {
            Some((name, rest)) if counters.contains(&name) => {
                text.push_str(&line[..7]);
                text.push_str(name);
                text.push_str("_total ");
                text.push_str(rest);
            }
            Some(_) => text.push_str(line),
            None if line.starts_with('#') => continue,
            None => text.push_str(line),
        }
        text.push('\n');
    }
    text
}

/// Reads `/proc/self` for each scrape. Names and meaning are
/// [Prometheus's](https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics).
#[derive(Debug)]
struct Process {
    /// When the process began, near enough.
    since: SystemTime,
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let since = self.since.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let help = "When the process began, in seconds since 1970.";
        put(&mut encoder, "process_start_time", help, Some(Unit::Seconds), &ConstGauge::new(since))?;
        if let Some(cpu) = cpu_time() {
            let help = "Time that the process computed.";
            put(&mut encoder, "process_cpu", help, Some(Unit::Seconds), &ConstCounter::new(cpu.as_secs_f64()))?;
        }
        if let Some(bytes) = resident_bytes() {
            let help = "Memory of the process.";
            put(&mut encoder, "process_resident_memory", help, Some(Unit::Bytes), &ConstGauge::new(bytes))?;
        }
        if let Some(open) = count(Path::new("/proc/self/fd")) {
            put(&mut encoder, "process_open_fds", "Open file descriptors.", None, &ConstGauge::new(open))?;
        }
        if let Ok((soft, _)) = nix::sys::resource::getrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE) {
            let most = i64::try_from(soft).unwrap_or(i64::MAX);
            put(&mut encoder, "process_max_fds", "The most file descriptors.", None, &ConstGauge::new(most))?;
        }
        match count(Path::new("/proc/self/task")) {
            Some(threads) => put(&mut encoder, "process_threads", "Threads.", None, &ConstGauge::new(threads)),
            None => Ok(()),
        }
    }
}

fn put(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    unit: Option<Unit>,
    metric: &impl EncodeMetric,
) -> Result<(), fmt::Error> {
    metric.encode(encoder.encode_descriptor(name, help, unit.as_ref(), metric.metric_type())?)
}

fn count(folder: &Path) -> Option<i64> {
    i64::try_from(std::fs::read_dir(folder).ok()?.count()).ok()
}

fn cpu_time() -> Option<Duration> {
    let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_SELF).ok()?;
    let times = [usage.user_time(), usage.system_time()];
    let microseconds: i64 = times.iter().map(|time| time.tv_sec() * 1_000_000 + time.tv_usec()).sum();
    u64::try_from(microseconds).ok().map(Duration::from_micros)
}

fn resident_bytes() -> Option<i64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<i64>().ok().map(|kibibytes| kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use prometheus_client::metrics::counter::Counter;

    use super::{answer, registry};

    fn example() -> prometheus_client::registry::Registry {
        let mut registry = registry("gateway");
        let jobs: Counter = Counter::default();
        jobs.inc();
        registry.sub_registry_with_prefix("puppet_master_gateway").register("jobs_created", "Jobs", jobs);
        registry
    }

    #[test]
    fn the_process_and_its_version_are_told() {
        let (_, text) = answer(&example(), None);
        let version = format!(r#"puppet_master_gateway_build_info{{version="{}"}} 1"#, env!("CARGO_PKG_VERSION"));
        assert!(text.contains(&version), "{text}");
        for name in [
            "process_start_time_seconds ",
            "process_cpu_seconds_total ",
            "process_resident_memory_bytes ",
            "process_open_fds ",
            "process_max_fds ",
            "process_threads ",
        ] {
            let line =
                text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("no {name} in {text}"));
            let value: f64 = line.rsplit(' ').next().unwrap().parse().unwrap();
            assert!(value > 0.0, "{line}");
        }
    }

    #[test]
    fn the_form_is_the_one_that_is_asked_for() {
        let (kind, open) = answer(&example(), Some("application/openmetrics-text;version=1.0.0,text/plain;q=0.5"));
        assert!(kind.starts_with("application/openmetrics-text") && open.ends_with("# EOF\n"));
        assert!(open.contains("# TYPE puppet_master_gateway_jobs_created counter\n"));
        for accept in [None, Some("*/*"), Some("text/plain")] {
            let (kind, text) = answer(&example(), accept);
            assert_eq!(kind, "text/plain; version=0.0.4; charset=utf-8");
            assert!(!text.contains("EOF") && !text.contains("UNIT"), "{text}");
            assert!(text.contains("# TYPE puppet_master_gateway_jobs_created_total counter\n"), "{text}");
            assert!(text.contains("\npuppet_master_gateway_jobs_created_total 1\n"), "{text}");
        }
    }
}
