//! The processes of this machine and to whom they belong, from [/proc](https://man7.org/linux/man-pages/man5/proc.5.html).

use std::collections::HashMap;
use std::fs;

use nix::unistd::{Pid, getpgid};

/// Lists the processes of the machine, by their ids.
pub(crate) fn all() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
}

/// Lists the processes of a group.
pub(crate) fn members(group: i32) -> Vec<i32> {
    all().filter(|pid| group_of(*pid) == Some(group)).collect()
}

/// Lists all processes of the machine by their groups.
pub(crate) fn by_group() -> HashMap<i32, Vec<i32>> {
    let mut groups: HashMap<i32, Vec<i32>> = HashMap::new();
    for pid in all() {
        if let Some(group) = group_of(pid) {
            groups.entry(group).or_default().push(pid);
        }
    }
    groups
}

/// The group of a process; `None` when it is gone. The kernel is asked without a file of /proc: that would take it some ten
/// times as long, and again when the process ends.
fn group_of(pid: i32) -> Option<i32> {
    getpgid(Some(Pid::from_raw(pid))).ok().map(Pid::as_raw)
}

/// To whom a process belongs.
pub(crate) struct Family {
    /// The process that started it.
    pub(crate) parent: i32,
    /// Its process group.
    pub(crate) group: i32,
}

/// Reads to whom a process belongs; `None` when it is gone.
pub(crate) fn family_of(pid: i32) -> Option<Family> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second and third field after the name, which may hold anything but its last `)`.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(1);
    Some(Family { parent: fields.next()?.parse().ok()?, group: fields.next()?.parse().ok()? })
}
