//! Bytes on their way out of the store.

use std::ops::Range;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use job_model::JobFile;
use object_store::{GetOptions, ObjectStore};
use ring::digest::{Context, SHA256};

use crate::sum::hex;
use crate::{FileSet, FilesError, JobFiles};

/// A file, or a part of it, as it comes.
pub struct Content {
    /// Which bytes of the file these are.
    pub range: Range<u64>,
    /// The bytes. The stream of a whole file ends with [`FilesError::Damaged`] when they are not what was stored.
    pub stream: BoxStream<'static, Result<Bytes, FilesError>>,
}

impl JobFiles {
    /// Reads a file of a set, or a part of it.
    ///
    /// # Errors
    /// [`FilesError::NotFound`] when it is gone, [`FilesError::Away`] when the store cannot be used now; the stream may end
    /// with one, too.
    pub async fn get(
        &self,
        set: &impl FileSet,
        index: usize,
        file: &JobFile,
        range: Option<Range<u64>>,
    ) -> Result<Content, FilesError> {
        let key = self.key(set, index, file);
        if file.bytes == 0 {
            return Ok(Content { range: 0..0, stream: futures::stream::empty().boxed() });
        }
        let options = GetOptions::new().with_range(range.clone());
        let found = self.store.get_opts(&key, options).await;
        let found = found.map_err(|error| FilesError::of("read", &key, error))?;
        let shown = found.range.clone();
        let stream = found.into_stream();
        let stream = stream.map(move |piece| piece.map_err(|error| FilesError::of("read", &key, error))).boxed();
        let stream = if range.is_none() { checked(stream, file.clone()) } else { stream };
        Ok(Content { range: shown, stream })
    }
}

/// The same bytes, and an error at their end when they are not the file's.
fn checked(
    stream: BoxStream<'static, Result<Bytes, FilesError>>,
    file: JobFile,
) -> BoxStream<'static, Result<Bytes, FilesError>> {
    let begun = (stream, Some((Context::new(&SHA256), file)));
    let checked = futures::stream::unfold(begun, |(mut stream, check)| async move {
        let (mut digest, file) = check?;
        match stream.next().await {
            Some(Ok(piece)) => {
                digest.update(&piece);
                Some((Ok(piece), (stream, Some((digest, file)))))
            }
            Some(Err(error)) => Some((Err(error), (stream, None))),
            None => {
                let found = hex(digest.finish().as_ref());
                let damaged = || FilesError::Damaged {
                    name: file.name.to_string(),
                    expected: file.sha256.clone(),
                    found: found.clone(),
                };
                (found != file.sha256).then(|| (Err(damaged()), (stream, None)))
            }
        }
    });
    checked.boxed()
}
