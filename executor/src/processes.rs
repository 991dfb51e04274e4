//! The processes of this machine and to whom they belong, from [/proc](https://man7.org/linux/man-pages/man5/proc.5.html).

use std::fs;

/// Lists the processes of the machine, by their ids.
pub(crate) fn all() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
}

/// Lists the processes of a group. Reads a file of each process of the machine.
pub(crate) fn members(group: i32) -> Vec<i32> {
    all().filter(|pid| family_of(*pid).is_some_and(|family| family.group == group)).collect()
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
