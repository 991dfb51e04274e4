//! Writing the files that a job left into a folder.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use job_model::{FileName, Job};
use tokio::io::AsyncWriteExt;

use nix::unistd::{AccessFlags, access};

use crate::api::Gateway;
use crate::output::note;

/// Makes the folder that is to be written into. Asked before a job begins: nobody wants to learn afterwards that there is no
/// place for what the job left.
pub(crate) fn make_folder(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("failed to make the folder {}", folder.display()))?;
    let may_write = access(folder, AccessFlags::W_OK | AccessFlags::X_OK);
    may_write.with_context(|| format!("failed to write into the folder {}", folder.display()))
}

/// Writes all of them.
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

/// Where a file goes; the folders on its way are made.
fn target(output: &Path, name: &FileName) -> anyhow::Result<PathBuf> {
    // The name cannot lead out of the folder.
    let target = output.join(name.as_str());
    if let Some(parent) = target.parent() {
        std::fs::create_dir_all(parent).with_context(|| format!("failed to make the folder {}", parent.display()))?;
    }
    Ok(target)
}
