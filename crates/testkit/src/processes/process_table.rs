//! What the system knows of processes: which ones run, what each one has open and has taken.

use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::time::sleep;

use super::POLL;

/// Longest time for what a killed program has started to end.
const END: Duration = Duration::from_secs(10);

/// Waits, on this thread, until these processes are gone. Those that stay are killed.
pub(super) fn wait_until_gone(ids: &[u32]) {
    let end = Instant::now() + END;
    while ids.iter().any(|id| is_running(*id)) {
        if Instant::now() > end {
            for id in ids {
                // It may have ended by itself just now.
                let _ = kill(Pid::from_raw(id.cast_signed()), Signal::SIGKILL);
            }
            return;
        }
        std::thread::sleep(POLL);
    }
}

/// Whether a process runs. One that has ended and that nobody has asked about writes nothing.
fn is_running(id: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with(['Z', 'X']))
}

/// Waits, on this thread, until no process's command line contains `text` any more, such as the path of a folder that is to
/// be removed. Those that stay are killed.
pub fn wait_for_end_of_mentioning(text: &str) {
    wait_until_gone(&mentioning(text));
}

/// Lists the ids of all running processes whose command line contains `text`, such as a profile directory's path.
#[must_use]
pub fn mentioning(text: &str) -> Vec<u32> {
    let own = std::process::id();
    process_ids().filter(|id| *id != own && command_line(*id).contains(text)).collect()
}

/// Waits until no process's command line contains `text` any more.
///
/// # Panics
/// When some still do at the deadline; it names them.
pub async fn assert_none_mentioning(text: &str, deadline: Duration) {
    let end = Instant::now() + deadline;
    loop {
        let left = mentioning(text);
        if left.is_empty() {
            return;
        }
        let lines: Vec<String> = left.iter().map(|id| format!("{id}: {}", command_line(*id))).collect();
        assert!(Instant::now() < end, "still running after {deadline:?}:\n{}", lines.join("\n"));
        sleep(POLL).await;
    }
}

/// Counts the file descriptors that a process has open. 0 when it is gone.
#[must_use]
pub fn open_files(id: u32) -> usize {
    std::fs::read_dir(format!("/proc/{id}/fd")).map_or(0, Iterator::count)
}

/// Lists a process and all its descendants.
#[must_use]
pub fn tree(root: u32) -> Vec<u32> {
    let parents: Vec<(u32, u32)> = process_ids().filter_map(|id| Some((id, parent(id)?))).collect();
    let mut tree = vec![root];
    let mut next = 0;
    while let Some(&id) = tree.get(next) {
        tree.extend(parents.iter().filter(|(_, parent)| *parent == id).map(|(child, _)| *child));
        next += 1;
    }
    tree
}

/// Adds up the proportional memory ([PSS](https://man7.org/linux/man-pages/man5/proc_pid_smaps.5.html)) of a process and all its
/// descendants, in bytes: shared pages count once.
#[must_use]
pub fn tree_memory(root: u32) -> u64 {
    tree(root).into_iter().map(|id| kilobytes(id) * 1024).sum()
}

/// Adds up the processor time that a process, its descendants and those of them that have ended have taken.
///
/// # Panics
/// When the machine does not tell how it counts.
#[must_use]
pub fn tree_cpu(root: u32) -> Duration {
    let ticks: u32 = tree(root).into_iter().filter_map(ticks).sum();
    let per_second = nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK).ok().flatten().expect("a clock that ticks");
    Duration::from_secs(ticks.into()) / u32::try_from(per_second).expect("some ticks in a second")
}

/// Its own time and that of the children it has waited for, in its code and in the kernel: four fields of
/// [/proc/PID/stat](https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html).
fn ticks(id: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11).take(4);
    Some(fields.filter_map(|field| field.parse::<u32>().ok()).sum())
}

fn kilobytes(id: u32) -> u64 {
    let rollup = std::fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap_or_default();
    let pss = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
    pss.and_then(|text| text.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or(0)
}

fn parent(id: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name in parentheses may hold anything; the state and the parent come after the last one.
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(1)?.parse().ok()
}

fn process_ids() -> impl Iterator<Item = u32> {
    let entries = std::fs::read_dir(Path::new("/proc")).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Returns a process's arguments with spaces between them. Empty when it is gone.
#[must_use]
pub fn command_line(id: u32) -> String {
    let bytes = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&bytes).replace('\0', " ")
}
