//! Bytes on their way into the store.

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use job_model::{FileName, JobFile};
use object_store::{MultipartUpload, ObjectStoreExt, PutPayload};
use ring::digest::{Context, SHA256};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::sum::hex;
use crate::{FileSet, FilesError, JobFiles, media_type};

/// Size of a part of a large file: S3 takes none below 5 MiB, and no more than 10,000.
const PART: usize = 8 << 20;
/// Parts of a file on their way at the same time.
const PARTS: usize = 2;

impl JobFiles {
    /// Stores a file as the set's file of this number. What is there under the key, of an attempt that was cut off, goes.
    ///
    /// # Errors
    /// [`FilesError::Away`] when the store cannot take it now, [`FilesError::Source`] when the bytes cannot be read; nothing
    /// that could be taken for the file is left then.
    pub async fn put(
        &self,
        set: &impl FileSet,
        index: usize,
        name: &FileName,
        mut source: impl AsyncRead + Unpin,
    ) -> Result<JobFile, FilesError> {
        let mut file = JobFile {
            name: name.clone(),
            bytes: 0,
            media_type: media_type(name.as_str()).to_owned(),
            sha256: String::new(),
        };
        let key = self.key(set, index, &file);
        let mut digest = Context::new(&SHA256);
        let first = part(&mut source, name).await?;
        let mut count = |bytes: &Bytes| {
            digest.update(bytes);
            file.bytes += bytes.len() as u64;
        };
        count(&first);
        if first.len() < PART {
            let stored = self.store.put(&key, PutPayload::from_bytes(first)).await;
            stored.map_err(|error| FilesError::of("store", &key, error))?;
        } else {
            let upload = self.store.put_multipart(&key).await;
            let mut upload = upload.map_err(|error| FilesError::of("begin to store", &key, error))?;
            if let Err(error) = parts(&mut *upload, first, &mut source, name, &key, count).await {
                // A store that is away forgets parts without an end by its own rules.
                if let Err(error) = upload.abort().await {
                    tracing::debug!(%key, %error, "failed to take back the parts of a file");
                }
                return Err(error);
            }
        }
        file.sha256 = hex(digest.finish().as_ref());
        Ok(file)
    }
}

async fn parts(
    upload: &mut dyn MultipartUpload,
    first: Bytes,
    source: &mut (impl AsyncRead + Unpin),
    name: &FileName,
    key: &object_store::path::Path,
    mut count: impl FnMut(&Bytes),
) -> Result<(), FilesError> {
    let failed = |error| FilesError::of("store a part of", key, error);
    let mut on_their_way = FuturesUnordered::new();
    let mut next = first;
    loop {
        let last = next.len() < PART;
        if !next.is_empty() {
            on_their_way.push(upload.put_part(PutPayload::from_bytes(next)));
        }
        if last {
            break;
        }
        if on_their_way.len() >= PARTS
            && let Some(sent) = on_their_way.next().await
        {
            sent.map_err(failed)?;
        }
        next = part(source, name).await?;
        count(&next);
    }
    while let Some(sent) = on_their_way.next().await {
        sent.map_err(failed)?;
    }
    upload.complete().await.map_err(failed)?;
    Ok(())
}

/// The next so many bytes; fewer only at the end.
async fn part(source: &mut (impl AsyncRead + Unpin), name: &FileName) -> Result<Bytes, FilesError> {
    let mut bytes = BytesMut::with_capacity(64 << 10);
    loop {
        let room = PART - bytes.len();
        if room == 0 {
            return Ok(bytes.freeze());
        }
        let mut limited = (&mut *source).take(room as u64);
        let read = limited.read_buf(&mut bytes).await;
        if read.map_err(|source| FilesError::Source { name: name.to_string(), source })? == 0 {
            return Ok(bytes.freeze());
        }
    }
}
