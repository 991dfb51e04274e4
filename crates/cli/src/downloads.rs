//! Writing the files of a job into a folder.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use executor::JobFolder;
use job_model::{FileName, Job};
use tokio::io::AsyncWriteExt;

use crate::api::Gateway;
use crate::output::note;

/// Writes the files of a job of a gateway.
pub(crate) async fn all(gateway: &Gateway, job: &Job, output: &Path) -> anyhow::Result<()> {
    for file in job.files.iter().flatten() {
        let target = target(output, &file.name)?;
        let mut response = gateway.file(job.uuid.as_str(), file.name.as_str()).await?;
        let failed = || format!("failed to write {}", target.display());
        let mut out = tokio::fs::File::create(&target).await.with_context(failed)?;
        let mut bytes = 0;
        while let Some(piece) = response.chunk().await.with_context(|| format!("failed to read {}", file.name))? {
            bytes += piece.len() as u64;
            out.write_all(&piece).await.with_context(failed)?;
        }
        out.flush().await.with_context(failed)?;
        ensure!(bytes == file.bytes, "{} has {bytes} bytes, the job says {}", file.name, file.bytes);
        note(&format!("Wrote {}", target.display()));
    }
    Ok(())
}

/// Writes the files of a job that ran here.
pub(crate) fn copy(folder: &JobFolder, output: &Path) -> anyhow::Result<()> {
    for entry in folder.files()? {
        let target = target(output, &entry.name)?;
        let failed = || format!("failed to write {}", target.display());
        let mut out = std::fs::File::create(&target).with_context(failed)?;
        std::io::copy(&mut folder.open_read(&entry.name)?, &mut out).with_context(failed)?;
        note(&format!("Wrote {}", target.display()));
    }
    Ok(())
}

/// Where a file goes; the folders on its way are made.
fn target(output: &Path, name: &FileName) -> anyhow::Result<PathBuf> {
    // The name cannot lead out of the folder.
    let target = output.join(name.as_str());
    if let Some(parent) = target.parent() {
        std::fs::create_dir_all(parent).with_context(|| format!("failed to make the folder {}", parent.display()))?;
    }
    Ok(target)
}
