//! Whether a folder can be written to, and for how long.

use std::io::Write;
use std::path::{Path, PathBuf};

use nix::sys::statvfs::statvfs;

use super::Check;
use crate::show;

/// Less is a warning: a Chromium's profile with its cache, a job's files.
const ENOUGH: u64 = 1 << 30;
/// Less is a failure.
const LITTLE: u64 = 64 << 20;
/// What is written to see whether the disk is full, whatever it says of its room.
const PROBE: usize = 1 << 20;

/// Looks at a folder, or where it would be made.
pub(super) fn check(name: &'static str, setting: &str, folder: &Path) -> Check {
    let place = existing(folder);
    let shown = folder.display();
    let advice = || format!("make room, mend its permissions, or name another folder: {setting}");
    if let Err(error) = probe(&place) {
        return Check::fail(name, format!("failed to write to {}: {error}", place.display()), advice());
    }
    let Ok(about) = statvfs(&place) else {
        return Check::ok(name, format!("{shown} can be written to"));
    };
    #[allow(clippy::useless_conversion, reason = "the fields' types differ between systems")]
    let free = u64::from(about.blocks_available()) * u64::from(about.fragment_size());
    let found = format!("{shown}, {} free", show::size(usize::try_from(free).unwrap_or(usize::MAX)));
    #[allow(clippy::useless_conversion, reason = "the fields' types differ between systems")]
    let (files, free_files) = (u64::from(about.files()), u64::from(about.files_available()));
    if free < LITTLE {
        Check::fail(name, found, advice())
    } else if files > 0 && free_files < 1000 {
        Check::fail(name, format!("{found}, but it takes only {free_files} more files"), advice())
    } else if free < ENOUGH {
        Check::warn(name, found, advice())
    } else {
        Check::ok(name, found)
    }
}

/// The folder, or the nearest one above that exists.
fn existing(folder: &Path) -> PathBuf {
    let whole = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let there = whole.ancestors().find(|folder| folder.exists());
    there.unwrap_or(Path::new("/")).to_owned()
}

/// Writes something that is gone at once.
fn probe(folder: &Path) -> std::io::Result<()> {
    let mut file = tempfile::tempfile_in(folder)?;
    file.write_all(&vec![1; PROBE])?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::doctor::State;

    #[test]
    fn a_folder_that_cannot_be_written_to_fails() {
        let folder = tempfile::tempdir().unwrap();
        let found = check("data", "DATA_DIR", &folder.path().join("not/yet"));
        assert!(found.state != State::Fail && found.found.contains("not/yet, "), "{found:?}");
        assert!(!folder.path().join("not").exists());
        let found = check("data", "DATA_DIR", "/proc/nowhere".as_ref());
        assert_eq!(found.state, State::Fail);
        assert!(found.found.starts_with("failed to write to /proc") && found.advice.unwrap().contains("DATA_DIR"));
    }
}
