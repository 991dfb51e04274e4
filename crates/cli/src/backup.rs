//! `puppet-master backup`: jobs, records and queue of one moment, and the files of jobs, copied while `up` goes on.
//!
//! A job's document, its message and the schedule that made it belong together, so all files are read as they were at the same instant: a write lock
//! on each keeps everybody from committing while a read snapshot of each is opened. Then the locks go, and the copies are
//! made from the snapshots, however long that takes. The files follow: each is written once and never changed, so those that
//! the snapshots name are there as long as nobody deletes their job. The result is a DATA_DIR.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};

use crate::data_dir::DataDir;
use crate::output::print;

/// How long to wait for whoever is writing at the moment.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How many pages are copied at a time.
const STEP_PAGES: std::ffi::c_int = 4096;
/// Between two steps.
const STEP_PAUSE: Duration = Duration::from_millis(1);

/// `puppet-master up --data-dir FOLDER` goes on from the copy.
#[derive(Debug, clap::Args)]
pub(crate) struct BackupArgs {
    /// Folder to copy to: a new one or an empty one.
    #[arg(value_name = "FOLDER")]
    to: PathBuf,
    /// Folder that `up` keeps the jobs and the queue in.
    #[arg(long, env = "DATA_DIR", value_name = "FOLDER", default_value = "puppet-master-data")]
    data_dir: PathBuf,
}

/// Copies, and says what.
pub(crate) fn run(args: &BackupArgs) -> anyhow::Result<ExitCode> {
    let from = DataDir::at(&args.data_dir);
    let to = &args.to;
    let failed = || format!("failed to back up {} to {}", from.path().display(), to.display());
    if !from.jobs().exists() {
        service::config::refuse(format_args!(
            "{}: there is no {}, name the DATA_DIR of `puppet-master up` by --data-dir",
            failed(),
            from.jobs().display()
        ));
    }
    let Copied { jobs, messages, files } = back_up(&from, to).with_context(failed)?;
    print(&format!(
        "{jobs} jobs, {messages} messages and {files} files of {} are in {}\n",
        from.path().display(),
        to.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// What a backup holds.
struct Copied {
    jobs: u64,
    messages: u64,
    files: u64,
}

fn back_up(from: &DataDir, to: &Path) -> anyhow::Result<Copied> {
    let in_the_way = std::fs::read_dir(to).is_ok_and(|mut entries| entries.next().is_some());
    anyhow::ensure!(!in_the_way, "{} is not empty: name a new folder", to.display());
    let name = to.file_name().context("the path names no folder")?;
    let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut files = vec![(from.jobs(), DataDir::jobs as fn(&DataDir) -> PathBuf), (from.queue(), DataDir::queue)];
    // An older version has none.
    if from.records().exists() {
        files.push((from.records(), DataDir::records));
    }
    let paths: Vec<_> = files.iter().map(|(path, _)| path.as_path()).collect();
    let snapshots = snapshots(&paths)?;
    let (jobs, messages) = (count(&snapshots[0], "jobs")?, count(&snapshots[1], "messages")?);

    // Whoever sees the folder by its own name sees a complete one.
    let partial = DataDir::at(parent.join(format!(".{}.{}", name.display(), std::process::id())));
    DirBuilder::new().mode(0o700).create(partial.path()).context("failed to make a folder beside it")?;
    let finished = files
        .iter()
        .zip(&snapshots)
        .try_for_each(|((_, place), snapshot)| copy(snapshot, &place(&partial)))
        .and_then(|()| add_token(&partial, from))
        .and_then(|()| copy_folder(&from.files(), &partial.files()))
        .and_then(|files| {
            sync(partial.path())?;
            std::fs::rename(partial.path(), to).context("failed to give the complete folder its name")?;
            sync(parent)?;
            Ok(files)
        });
    if finished.is_err() {
        let _ = std::fs::remove_dir_all(partial.path());
    }
    finished.map(|files| Copied { jobs, messages, files })
}

/// Copies the files below a folder, and answers how many. What is deleted meanwhile is left out.
fn copy_folder(from: &Path, to: &Path) -> anyhow::Result<u64> {
    let failed = || format!("failed to copy {}", from.display());
    let entries = match std::fs::read_dir(from) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error).with_context(failed),
    };
    DirBuilder::new().mode(0o700).create(to).with_context(|| format!("failed to make {}", to.display()))?;
    let mut copied = 0;
    for entry in entries {
        let entry = entry.with_context(failed)?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().with_context(failed)?.is_dir() {
            copied += copy_folder(&source, &target)?;
            continue;
        }
        let mut original = match File::open(&source) {
            Ok(original) => original,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(error).with_context(|| format!("failed to read {}", source.display())),
        };
        let mut copy = private(&target)?;
        let written = std::io::copy(&mut original, &mut copy).and_then(|_| copy.sync_all());
        written.with_context(|| format!("failed to write {}", target.display()))?;
        copied += 1;
    }
    sync(to)?;
    Ok(copied)
}

/// Connections that all read what was there at one instant.
fn snapshots(files: &[&Path]) -> anyhow::Result<Vec<Connection>> {
    let failed = |file: &Path| format!("failed to read {}", file.display());
    let begin = |file: &Path, sql: &str| -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.execute_batch(sql)?;
        Ok(connection)
    };
    let mut locks = Vec::new();
    for file in files {
        locks.push(begin(file, "BEGIN IMMEDIATE").with_context(|| failed(file))?);
    }
    let mut readers = Vec::new();
    for file in files {
        // A snapshot begins with the first read.
        let reader = begin(file, "BEGIN").with_context(|| failed(file))?;
        count(&reader, "sqlite_schema").with_context(|| failed(file))?;
        readers.push(reader);
    }
    drop(locks);
    Ok(readers)
}

fn count(connection: &Connection, table: &str) -> rusqlite::Result<u64> {
    connection
        .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0))
        .map(i64::unsigned_abs)
}

/// Copies the API token where there is one.
fn add_token(folder: &DataDir, from: &DataDir) -> anyhow::Result<()> {
    match std::fs::read(from.token()) {
        Ok(token) => {
            let mut file = private(&folder.token())?;
            file.write_all(&token).and_then(|()| file.sync_all()).context("failed to copy the API token")?;
        }
        // It was given as API_TOKEN.
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error).context("failed to read the API token"),
    }
    Ok(())
}

fn copy(from: &Connection, to: &Path) -> anyhow::Result<()> {
    let failed = || format!("failed to write {}", to.display());
    private(to)?;
    let mut target = Connection::open(to).with_context(failed)?;
    let backup = Backup::new(from, &mut target).with_context(failed)?;
    backup.run_to_completion(STEP_PAGES, STEP_PAUSE, None).with_context(failed)?;
    drop(backup);
    target.close().map_err(|(_, error)| error).with_context(failed)?;
    sync(to)
}

fn private(path: &Path) -> anyhow::Result<File> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    made.with_context(|| format!("failed to make {}", path.display()))
}

/// Waits until the disk has a file, or the names in a folder.
fn sync(path: &Path) -> anyhow::Result<()> {
    let synced = File::open(path).and_then(|file| file.sync_all());
    synced.with_context(|| format!("failed to write {} to the disk", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use rusqlite::Connection;

    use super::{back_up, snapshots};
    use crate::data_dir::DataDir;

    fn data_dir(parent: &std::path::Path) -> DataDir {
        let data_dir = DataDir::at(parent.join("data"));
        data_dir.make().unwrap();
        for (file, table) in [(data_dir.jobs(), "jobs"), (data_dir.queue(), "messages")] {
            let connection = Connection::open(file).unwrap();
            connection.pragma_update(None, "journal_mode", "WAL").unwrap();
            connection.execute_batch(&format!("CREATE TABLE {table} (n INTEGER)")).unwrap();
        }
        std::fs::write(data_dir.token(), "secret").unwrap();
        data_dir
    }

    #[test]
    fn both_files_are_of_one_moment_whatever_is_written_meanwhile() {
        let parent = tempfile::tempdir().unwrap();
        let from = data_dir(parent.path());
        let (jobs, queue) = (from.jobs(), from.queue());
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        // A message follows its job; never may a copy have the message alone, or lack two.
        let writer = std::thread::spawn(move || {
            let open = |file| {
                let connection = Connection::open(file).unwrap();
                connection.busy_timeout(super::BUSY_TIMEOUT).unwrap();
                connection
            };
            let (jobs, queue) = (open(jobs), open(queue));
            while stopped.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
                jobs.execute("INSERT INTO jobs VALUES (1)", []).unwrap();
                queue.execute("INSERT INTO messages VALUES (1)", []).unwrap();
            }
        });
        for _ in 0..200 {
            let both = snapshots(&[&from.jobs(), &from.queue()]).unwrap();
            let (jobs, messages) =
                (super::count(&both[0], "jobs").unwrap(), super::count(&both[1], "messages").unwrap());
            assert!(jobs == messages || jobs == messages + 1, "{jobs} jobs, {messages} messages");
        }
        stop.send(()).unwrap();
        writer.join().unwrap();
    }

    #[test]
    fn the_copy_is_private_complete_and_never_over_another() {
        let parent = tempfile::tempdir().unwrap();
        let from = data_dir(parent.path());
        Connection::open(from.jobs()).unwrap().execute("INSERT INTO jobs VALUES (5)", []).unwrap();
        Connection::open(from.records()).unwrap().execute_batch("CREATE TABLE records (n INTEGER)").unwrap();
        let to = parent.path().join("backup");
        std::fs::create_dir(&to).unwrap(); // empty: taken
        std::fs::create_dir_all(from.files().join("jobs/a")).unwrap();
        std::fs::write(from.files().join("jobs/a/shot.png"), "picture").unwrap();
        let copied = back_up(&from, &to).unwrap();
        assert_eq!((copied.jobs, copied.files), (1, 1));
        let copy = DataDir::at(&to);
        assert_eq!(std::fs::read(copy.files().join("jobs/a/shot.png")).unwrap(), b"picture");
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&to), 0o700);
        for file in [copy.jobs(), copy.records(), copy.queue(), copy.token(), copy.files().join("jobs/a/shot.png")] {
            assert_eq!(mode(&file), 0o600, "{}", file.display());
        }
        assert_eq!(std::fs::read(copy.token()).unwrap(), b"secret");
        let n: i64 =
            Connection::open(copy.jobs()).unwrap().query_row("SELECT n FROM jobs", [], |row| row.get(0)).unwrap();
        assert_eq!(n, 5);

        let refused = back_up(&from, &to).err().unwrap();
        assert!(refused.to_string().contains("not empty"), "{refused}");
        let missing = back_up(&DataDir::at(parent.path().join("nothing")), &parent.path().join("other")).err().unwrap();
        assert!(format!("{missing:#}").contains("nothing/jobs.sqlite"), "{missing:#}");
        let mut left: Vec<_> =
            std::fs::read_dir(parent.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["backup", "data"]);
    }
}
