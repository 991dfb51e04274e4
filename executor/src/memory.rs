//! How much memory processes use, from /proc.

use std::fs;

/// The private memory of all processes of a group together, in bytes: what ending them would give back.
pub(crate) fn of_group(group: i32) -> u64 {
    let Ok(entries) = fs::read_dir("/proc") else { return 0 };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|pid| group_of(*pid) == Some(group)).map(private_bytes).sum()
}

/// The process group from `/proc/PID/stat`: the third field after the name, which may hold anything but its last `)`.
fn group_of(pid: i32) -> Option<i32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(2)?.parse().ok()
}

/// Resident minus shared pages, from `/proc/PID/statm`.
fn private_bytes(pid: i32) -> u64 {
    let Ok(statm) = fs::read_to_string(format!("/proc/{pid}/statm")) else { return 0 };
    let pages: Vec<u64> = statm.split_whitespace().filter_map(|field| field.parse().ok()).collect();
    let [_, resident, shared, ..] = pages[..] else { return 0 };
    resident.saturating_sub(shared) * page_size()
}

fn page_size() -> u64 {
    nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE)
        .ok()
        .flatten()
        .and_then(|size| u64::try_from(size).ok())
        .unwrap_or(4096)
}

#[cfg(test)]
mod tests {
    #[test]
    fn this_processs_own_group_uses_memory() {
        let group = nix::unistd::getpgrp().as_raw();
        assert!(super::of_group(group) > 100_000);
        assert_eq!(super::of_group(i32::MAX), 0);
    }
}
