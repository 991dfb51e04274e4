//! The machine's description: figures mean little without it.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

/// Processor, memory, versions of everything that takes part, and what else the machine did.
pub(crate) fn describe(chromium: &Path) -> Value {
    let cpu = read("/proc/cpuinfo").lines().find_map(|line| line.strip_prefix("model name")).map(after_colon);
    let memory = read("/proc/meminfo").lines().find_map(|line| line.strip_prefix("MemTotal")).map(after_colon);
    let [chromium_path, chromium_version] = [chromium.display().to_string(), first_line(chromium, &["--version"])];
    json!({
        "cpu": cpu,
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "memory": memory,
        "kernel": read("/proc/sys/kernel/osrelease").trim(),
        "load_average": load_average(),
        "chromium": format!("{chromium_version} ({chromium_path})"),
        "node": first_line(Path::new("node"), &["--version"]),
        "commit": first_line(Path::new("git"), &["describe", "--always", "--dirty"]),
        "profile": if cfg!(debug_assertions) { "debug" } else { "release" },
    })
}

/// Work per core and minute that waits or runs: on a shared machine more than ours.
pub(crate) fn load_average() -> String {
    read("/proc/loadavg").split(' ').take(3).collect::<Vec<_>>().join(" ")
}

/// The proportional memory (PSS) of one process in MiB: shared pages count by their share.
pub(crate) fn memory_of(process: u32) -> f64 {
    let rollup = read(&format!("/proc/{process}/smaps_rollup"));
    let kilobytes = rollup.lines().find_map(|line| line.strip_prefix("Pss:")?.trim().strip_suffix(" kB")?.parse().ok());
    kilobytes.unwrap_or(f64::NAN) / 1024.0
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn after_colon(text: &str) -> String {
    text.trim_start_matches([' ', '\t', ':']).to_owned()
}

fn first_line(program: &Path, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    text.lines().next().unwrap_or("unknown").trim().to_owned()
}
