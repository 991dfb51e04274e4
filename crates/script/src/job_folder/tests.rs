use std::io::Read;
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use job_model::FileName;

use super::{EntryKind, FolderLimits, JobFolder, Used, WriteMode};

const LIMITS: FolderLimits = FolderLimits { bytes: 100, files: 5 };

fn name(text: &str) -> FileName {
    FileName::parse(text).unwrap()
}

fn folder() -> (tempfile::TempDir, JobFolder) {
    let dir = tempfile::tempdir().unwrap();
    let folder = JobFolder::make_empty(&dir.path().join("files"), LIMITS).unwrap();
    (dir, folder)
}

fn names(folder: &JobFolder) -> Vec<String> {
    folder.files().unwrap().into_iter().map(|entry| entry.name.to_string()).collect()
}

#[test]
fn what_is_written_is_read_and_listed() {
    let (_dir, folder) = folder();
    folder.write(&name("/tmp/a.txt"), b"hello").unwrap();
    folder.append(&name("tmp/a.txt"), b" world").unwrap();
    folder.write(&name("b"), b"x").unwrap();
    assert_eq!(folder.read(&name("tmp/a.txt")).unwrap(), b"hello world");
    assert_eq!(names(&folder), ["b", "tmp/a.txt"]);
    let listed: Vec<_> =
        folder.list(None).unwrap().into_iter().map(|entry| (entry.name.to_string(), entry.facts.kind)).collect();
    assert_eq!(listed, [("b".to_owned(), EntryKind::File), ("tmp".to_owned(), EntryKind::Folder)]);
    folder.write(&name("tmp/a.txt"), b"short").unwrap();
    assert_eq!((folder.read(&name("tmp/a.txt")).unwrap(), folder.used().bytes), (b"short".to_vec(), 6));
    folder.truncate(&name("tmp/a.txt"), 2).unwrap();
    assert_eq!((folder.read(&name("tmp/a.txt")).unwrap(), folder.used().bytes), (b"sh".to_vec(), 3));
    assert_eq!(folder.stat(None).unwrap().kind, EntryKind::Folder);
}

#[test]
fn pieces_are_written_in_a_row_and_at_places() {
    let (_dir, folder) = folder();
    let mut file = folder.open_write(&name("a"), WriteMode::CreateNew).unwrap();
    file.write_all(b"one").unwrap();
    file.write_all(b"two").unwrap();
    file.write_at(b"X", 1).unwrap();
    assert_eq!((file.bytes, folder.used().bytes), (6, 6));
    let mut text = String::new();
    folder.open_read(&name("a")).unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "oXetwo");
    let error = folder.open_write(&name("a"), WriteMode::CreateNew).unwrap_err();
    assert_eq!(error.to_string(), "EEXIST: file already exists, open 'a'");
    assert_eq!(folder.used().files, 1);
}

#[test]
fn moving_and_removing_keep_count() {
    let (_dir, folder) = folder();
    folder.write(&name("d/a"), &[1; 10]).unwrap();
    folder.write(&name("d/b"), &[1; 20]).unwrap();
    folder.rename(&name("d/a"), &name("d/b")).unwrap();
    assert_eq!((names(&folder), folder.used().bytes), (vec!["d/b".to_owned()], 10));
    assert_eq!(folder.remove_folder(&name("d")).unwrap_err().code().as_deref(), Some("ENOTEMPTY"));
    folder.remove_file(&name("d/b")).unwrap();
    folder.remove_folder(&name("d")).unwrap();
    assert_eq!(*folder.used(), Used::default());
    folder.write(&name("e/f/g"), b"x").unwrap();
    folder.remove_all(Some(&name("e"))).unwrap();
    assert_eq!(folder.used().files, 0);
    let error = folder.read(&name("gone.txt")).unwrap_err();
    assert_eq!(error.to_string(), "ENOENT: no such file or directory, open 'gone.txt'");
    assert_eq!(folder.read(&name("gone/x")).unwrap_err().code().as_deref(), Some("ENOENT"));
}

#[test]
fn a_quota_that_is_used_up_names_its_setting_and_changes_nothing() {
    let (_dir, folder) = folder();
    folder.write(&name("a"), &[1; 90]).unwrap();
    let error = folder.append(&name("a"), &[1; 11]).unwrap_err();
    assert_eq!(error.to_string(), "Limit of 100 bytes of files (JOB_FILES_BYTES) exceeded");
    folder.write(&name("b"), &[1; 11]).unwrap_err();
    folder.truncate(&name("a"), 101).unwrap_err();
    assert_eq!((folder.read(&name("a")).unwrap().len(), names(&folder)), (90, vec!["a".to_owned()]));
    folder.write(&name("a"), &[1; 100]).unwrap();
    folder.remove_file(&name("a")).unwrap();
    for text in ["1", "2", "3", "4", "5"] {
        folder.write(&name(text), b"").unwrap();
    }
    let error = folder.write(&name("6"), b"").unwrap_err();
    assert_eq!(
        (error.to_string(), error.code().as_deref()),
        ("Limit of 5 files (JOB_FILES) exceeded".to_owned(), Some("EDQUOT"))
    );
    folder.make_folder(&name("d")).unwrap_err();
    assert_eq!(folder.used().files, 5);
}

#[test]
fn what_another_writer_put_there_counts_and_leads_nowhere() {
    let (dir, folder) = folder();
    let outside = dir.path().join("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::write(outside.join("secret"), "s").unwrap();
    symlink(&outside, folder.path().join("out")).unwrap();
    symlink(outside.join("secret"), folder.path().join("link")).unwrap();
    for text in ["link", "out/secret"] {
        assert!(folder.read(&name(text)).is_err(), "{text}");
        assert!(folder.write(&name(text), b"x").is_err(), "{text}");
        assert!(folder.path_of(&name(text)).is_err(), "{text}");
    }
    assert!(folder.list(Some(&name("out"))).is_err());
    assert!(folder.files().unwrap().is_empty());
    nix::unistd::mkfifo(&folder.path().join("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert!(folder.read(&name("pipe")).is_err() && folder.write(&name("pipe"), b"x").is_err());
    std::fs::write(folder.path().join("download"), [1; 101]).unwrap();
    assert_eq!(folder.recount().unwrap_err().to_string(), "Limit of 100 bytes of files (JOB_FILES_BYTES) exceeded");
    let again = JobFolder::make_empty(folder.path(), LIMITS).unwrap();
    assert!(again.list(None).unwrap().is_empty());
    assert_eq!(std::fs::read_to_string(outside.join("secret")).unwrap(), "s");
}

#[test]
fn a_folder_is_made_empty_while_downloads_come_in() {
    let (_dir, folder) = folder();
    let path = folder.path().to_owned();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let downloads = path.join(JobFolder::DOWNLOADS);
            let mut serial = 0;
            while !done.load(Ordering::Relaxed) {
                serial += 1;
                // The folder may be gone just now.
                let _ = std::fs::write(downloads.join(format!("{serial}.crdownload")), b"piece");
            }
        });
        for _ in 0..200 {
            JobFolder::make_empty(&path, LIMITS).unwrap();
        }
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_folder_is_cleared_of_whatever_is_in_it_and_stays_as_it_is_without() {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    let (_dir, folder) = folder();
    let downloads = folder.path().join(JobFolder::DOWNLOADS);
    let number = || std::fs::metadata(&downloads).unwrap().ino();
    let before = number();
    folder.clear().unwrap();
    assert_eq!(number(), before);
    let no_text = folder.path().join(std::ffi::OsStr::from_bytes(b"\xff"));
    for left in [folder.path().join("a"), downloads.join("piece"), no_text] {
        std::fs::write(&left, "x").unwrap();
        folder.clear().unwrap();
        assert!(!left.exists() && downloads.is_dir(), "{left:?}");
    }
    std::fs::set_permissions(&downloads, PermissionsExt::from_mode(0o500)).unwrap();
    folder.clear().unwrap();
    assert_eq!(std::fs::metadata(&downloads).unwrap().mode() & 0o777, 0o700);
    std::fs::remove_dir(&downloads).unwrap();
    folder.clear().unwrap();
    std::fs::remove_dir(&downloads).unwrap();
    symlink("/", &downloads).unwrap();
    folder.clear().unwrap();
    assert!(downloads.is_dir() && !downloads.is_symlink());
    assert!(std::fs::read_dir(&downloads).unwrap().next().is_none());
}
