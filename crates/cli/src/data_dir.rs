//! DATA_DIR: what lies in it, and that nobody but its owner looks in.

use std::fs::Permissions;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::Context;

/// The folder that `up` keeps everything in.
#[derive(Clone, Debug)]
pub(crate) struct DataDir(PathBuf);

impl DataDir {
    /// The folder at a path, whatever is there.
    pub(crate) fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Makes the folder, or takes the one that is there, for its owner alone: jobs may hold passwords, the token is one.
    pub(crate) fn make(&self) -> anyhow::Result<()> {
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.0);
        made.with_context(|| format!("failed to make DATA_DIR {}", self.0.display()))?;
        // An older version left them as the umask had it.
        restrict(&self.0, 0o700);
        for file in [self.jobs(), self.records(), self.queue(), self.token()] {
            for ending in ["", "-wal", "-shm"] {
                restrict(Path::new(&format!("{}{ending}", file.display())), 0o600);
            }
        }
        Ok(())
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The file of the job store.
    pub(crate) fn jobs(&self) -> PathBuf {
        self.0.join("jobs.sqlite")
    }

    /// The file of what the service has beside jobs: schedules, scripts, batches, deliveries, keys.
    pub(crate) fn records(&self) -> PathBuf {
        self.0.join("service.sqlite")
    }

    /// The file of the queue.
    pub(crate) fn queue(&self) -> PathBuf {
        self.0.join("queue.sqlite")
    }

    /// The folder of the jobs' files.
    pub(crate) fn files(&self) -> PathBuf {
        self.0.join("files")
    }

    /// The file of the token that was made because none was given.
    pub(crate) fn token(&self) -> PathBuf {
        self.0.join("api-token")
    }
}

/// Takes rights away that go beyond `mode`. Who may not do that (a folder that somebody else has shared) is told.
fn restrict(path: &Path, mode: u32) {
    let Ok(metadata) = std::fs::metadata(path) else { return };
    if metadata.permissions().mode() & 0o777 & !mode == 0 {
        return;
    }
    if let Err(error) = std::fs::set_permissions(path, Permissions::from_mode(mode)) {
        tracing::warn!(%error, "{} can be read by others: failed to make it private", path.display());
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::DataDir;

    #[test]
    fn a_folder_of_an_older_version_becomes_private_with_its_files() {
        let parent = tempfile::tempdir().unwrap();
        let data_dir = DataDir::at(parent.path().join("data"));
        std::fs::create_dir(data_dir.path()).unwrap();
        std::fs::set_permissions(data_dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let log = data_dir.path().join("jobs.sqlite-wal");
        for file in [&data_dir.jobs(), &data_dir.queue(), &log] {
            std::fs::write(file, "").unwrap();
            std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o644)).unwrap();
        }
        data_dir.make().unwrap();
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(data_dir.path()), 0o700);
        for file in [&data_dir.jobs(), &data_dir.queue(), &log] {
            assert_eq!(mode(file), 0o600, "{}", file.display());
        }
    }
}
