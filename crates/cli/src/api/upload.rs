//! A new job on its way to the gateway: JSON, or with files a form
//! ([multipart/form-data](https://www.rfc-editor.org/rfc/rfc7578)), whose files are read while they are sent.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context;
use futures::stream::{self, StreamExt, TryStreamExt};
use job_model::{FileName, Job};
use reqwest::{Body, Method};
use serde_json::Value;
use tokio::io::AsyncReadExt;

use super::request::Repeat;
use super::{Data, Gateway};
use crate::random_digits::random_digits;

/// Bytes of a file that are sent at once.
const PIECE: usize = 64 * 1024;

/// A job that a gateway is to make.
#[derive(Clone, Debug, Default)]
pub(crate) struct Upload {
    /// What the API takes.
    pub(crate) job: Value,
    /// The files that come with it.
    pub(crate) files: BTreeMap<FileName, PathBuf>,
}

impl Gateway {
    /// Stores a new job.
    pub(crate) async fn create(&self, new: &Upload) -> anyhow::Result<Job> {
        if new.files.is_empty() {
            return self.ask(Method::POST, "/jobs", Some(new.job.clone())).await;
        }
        let boundary = random_digits().context("failed to make the boundary of a form")?;
        let build = || {
            let request = self.request(Method::POST, "/jobs");
            let request = request.header("content-type", format!("multipart/form-data; boundary={boundary}"));
            request.body(form(new, &boundary))
        };
        let response = self.exchange(Repeat::No, build).await?;
        let response = self.checked(response).await?;
        let answer: Data<Job> = self.read(response).await?;
        Ok(answer.data)
    }
}

fn form(new: &Upload, boundary: &str) -> Body {
    let part = |name: &str, file: &str, kind: &str| {
        let name = name.replace('"', "%22");
        format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\ncontent-type: {kind}\r\n\r\n")
    };
    let text = |text: String| stream::iter([std::io::Result::Ok(text.into_bytes())]).boxed();
    let mut parts = vec![text(format!("{}{}\r\n", part("job", "", "application/json"), new.job))];
    for (name, path) in &new.files {
        let file = format!("; filename=\"{}\"", name.as_str().replace('"', "%22"));
        parts.push(text(part(name.as_str(), &file, "application/octet-stream")));
        parts.push(pieces(path.clone()).boxed());
        parts.push(text("\r\n".to_owned()));
    }
    parts.push(text(format!("--{boundary}--\r\n")));
    Body::wrap_stream(stream::iter(parts).flatten())
}

/// The bytes of a file.
fn pieces(path: PathBuf) -> impl stream::Stream<Item = std::io::Result<Vec<u8>>> + Send {
    let opened = async move { tokio::fs::File::open(path).await };
    let read = |mut file: tokio::fs::File| async move {
        let mut piece = vec![0; PIECE];
        let length = file.read(&mut piece).await?;
        piece.truncate(length);
        std::io::Result::Ok((length > 0).then_some((piece, file)))
    };
    stream::once(opened).map_ok(move |file| stream::try_unfold(file, read)).try_flatten()
}
