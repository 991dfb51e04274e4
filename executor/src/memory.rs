//! How much memory, and how many temporary files, processes use, from /proc.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::{processes, run_directory};

/// The private memory of an executor's tree, in bytes: what ending it would give back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TreeMemory {
    /// This process.
    pub(crate) executor: u64,
    /// Its slot processes.
    pub(crate) slots: u64,
    /// Their browsers.
    pub(crate) browsers: u64,
}

/// Measures the private memory of these processes together, in bytes.
pub(crate) fn of_processes(members: &[i32]) -> u64 {
    members.iter().map(|pid| private_bytes(*pid)).sum()
}

/// Measures the files of these processes' browser that have no name any more, in bytes on the disk: what Chromium keeps of
/// traces and other streams. Its other processes, those with a type, hold no files of their own.
pub(crate) fn temporary_files_of(members: &[i32]) -> u64 {
    let mut files = BTreeMap::new();
    for pid in members.iter().filter(|pid| !has_type(**pid)) {
        for entry in fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten() {
            if let Ok(file) = fs::metadata(entry.path())
                && file.is_file()
                && file.nlink() == 0
            {
                files.insert((file.dev(), file.ino()), file.blocks() * 512);
            }
        }
    }
    files.values().sum()
}

fn has_type(pid: i32) -> bool {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    line.split(|byte| *byte == 0).any(|argument| argument.starts_with(b"--type="))
}

/// Measures the memory of this process, its children, and the browsers with a profile below `run_dir`.
pub(crate) fn of_tree(run_dir: &Path) -> TreeMemory {
    let own = std::process::id().cast_signed();
    let browsers: BTreeSet<i32> = run_directory::browser_groups(run_dir).iter().map(|group| group.as_raw()).collect();
    let mut tree = TreeMemory { executor: private_bytes(own), ..TreeMemory::default() };
    for pid in processes::all() {
        match processes::family_of(pid) {
            Some(family) if browsers.contains(&family.group) => tree.browsers += private_bytes(pid),
            Some(family) if family.parent == own => tree.slots += private_bytes(pid),
            _ => {}
        }
    }
    tree
}

/// Resident minus shared pages, from `/proc/PID/statm`.
fn private_bytes(pid: i32) -> u64 {
    let Ok(statm) = fs::read_to_string(format!("/proc/{pid}/statm")) else { return 0 };
    let pages: Vec<u64> = statm.split_whitespace().filter_map(|field| field.parse().ok()).collect();
    let [_, resident, shared, ..] = pages[..] else { return 0 };
    resident.saturating_sub(shared) * page_size()
}

fn page_size() -> u64 {
    let size = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE).ok().flatten();
    size.and_then(|size| u64::try_from(size).ok()).unwrap_or(4096)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use crate::processes::members;

    #[test]
    fn this_processs_own_group_uses_memory() {
        let group = nix::unistd::getpgrp().as_raw();
        assert!(super::of_processes(&members(group)) > 100_000);
        assert_eq!(super::of_processes(&members(i32::MAX)), 0);
    }

    #[test]
    fn files_without_a_name_count() {
        use std::io::Write;

        let group = nix::unistd::getpgrp().as_raw();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&[1; 5 << 20]).unwrap();
        file.sync_all().unwrap();
        assert!(super::temporary_files_of(&members(group)) >= 5 << 20);
        assert_eq!(super::temporary_files_of(&members(i32::MAX)), 0);
    }

    #[test]
    fn children_count_as_slots() {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let tree = super::of_tree(folder.path());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(tree.executor > 100_000 && tree.slots > 0, "{tree:?}");
        assert_eq!(tree.browsers, 0);
    }
}
