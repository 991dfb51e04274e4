//! The files that come with a new job: in its JSON, or as parts of a form.

use std::collections::BTreeMap;
use std::io;

use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use futures::stream;
use job_files::FilesError;
use job_model::{FileName, Job, NewFile};
use job_store::records::RecordKind;
use tokio_util::io::StreamReader;

use super::admission::check_priority;
use super::auth::require;
use super::caller::Caller;
use super::error::ApiError;
use super::{body, files, lookup};
use crate::app::App;
use crate::idempotency::{BodyHash, IdempotencyKey};
use crate::input_files::{self, InputError, InputFiles};
use crate::template_files::{self, KeptFiles, TemplateFiles};
use crate::tokens::{Reach, Scope};

/// The part of a form with the job's JSON.
const JOB: &str = "job";
/// Parts of these names are named by the file that the client has, as browsers' forms and many clients do it.
const ANY_FILE: [&str; 2] = ["file", "files"];

/// Whether the body is a form.
pub(super) fn is_form(request: &Request) -> bool {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.to_ascii_lowercase().starts_with("multipart/form-data")
}

/// Gives a job to come its files: those of what it is made of, and those that its JSON holds.
pub(super) async fn take(
    app: &App,
    caller: &Caller,
    job: &mut Job,
    kept: &[KeptFiles],
    new: BTreeMap<FileName, NewFile>,
) -> Result<(), ApiError> {
    let of_jobs = may_read(caller, &new)?;
    template_files::give(app, job, kept, new, &of_jobs).await.map_err(|error| told(app, error))
}

/// Stores the files of what jobs are made of, under its kind and name. `before` are those that may be kept.
pub(super) async fn keep(
    app: &App,
    caller: &Caller,
    owner: (RecordKind, &str),
    new: BTreeMap<FileName, NewFile>,
    before: Option<&KeptFiles>,
) -> Result<Option<TemplateFiles>, ApiError> {
    let of_jobs = may_read(caller, &new)?;
    template_files::store(app, owner, new, &of_jobs, before).await.map_err(|error| told(app, error))
}

/// Whose jobs' files may be taken. Who takes one reads it.
fn may_read(caller: &Caller, new: &BTreeMap<FileName, NewFile>) -> Result<Reach, ApiError> {
    if input_files::of_another_job(new).is_some() {
        require(caller, Scope::JobsRead)?;
    }
    Ok(caller.reach())
}

/// Gives a job the files that another one was sent.
pub(super) async fn take_those_of(app: &App, job: &mut Job, other: &Job) -> Result<(), ApiError> {
    if other.input_files.is_none() {
        return Ok(());
    }
    input_files::give_those_of(files::store(app)?, job, other).await.map_err(|error| told(app, error))
}

/// Reads a form: the job first, then its files, which are stored as they come. A key comes back with what tells the form from
/// another one.
pub(super) async fn read_form(
    app: &App,
    caller: &Caller,
    request: Request,
    key: Option<IdempotencyKey>,
) -> Result<(Job, Option<(IdempotencyKey, BodyHash)>), ApiError> {
    let store = files::store(app)?;
    let malformed = |error: MultipartError| ApiError::Body { reason: error.body_text() };
    let mut parts =
        Multipart::from_request(request, &()).await.map_err(|error| ApiError::Body { reason: error.body_text() })?;
    let time = app.settings.request_timeout;
    let first = tokio::time::timeout(time, parts.next_field()).await.map_err(|_| ApiError::BodyTimeout)?;
    let first = first.map_err(malformed)?.filter(|field| field.name() == Some(JOB));
    let first = first.ok_or_else(|| ApiError::Body { reason: format!("the form's first part must be {JOB}") })?;
    let text = small(app, first).await?;
    let (mut job, inline) = body::job(text.bytes())?;
    let repeatable = key.map(|key| (key, BodyHash::of(text.bytes())));
    drop(text);
    check_priority(&caller.grant, &job)?;
    super::jobs::check_dependencies(app, &caller.reach(), &job).await?;
    let of_jobs = may_read(caller, &inline)?;
    let mut input = InputFiles::of(&job, store);
    let taken = async {
        input.put_all(inline, app, &of_jobs, None).await.map_err(|error| told(app, error))?;
        let mut left = app.settings.max_files_bytes;
        loop {
            let field = tokio::time::timeout(time, parts.next_field()).await.map_err(|_| ApiError::BodyTimeout)?;
            let Some(field) = field.map_err(malformed)? else { return Ok(()) };
            take_part(app, &mut input, field, &mut left).await?;
        }
    };
    let taken = taken.await;
    input.settle(&mut job, taken).await?;
    let repeatable = repeatable.map(|(key, hash)| (key, hash.with_files(&job)));
    Ok((job, repeatable))
}

async fn take_part(app: &App, input: &mut InputFiles<'_>, field: Field<'_>, left: &mut u64) -> Result<(), ApiError> {
    let own = field.name().unwrap_or_default();
    let name = if ANY_FILE.contains(&own) { field.file_name().unwrap_or(own) } else { own };
    let name = FileName::parse(name).map_err(|error| ApiError::Body { reason: error.to_string() })?;
    let (limit, time) = (app.settings.max_files_bytes, app.settings.request_timeout);
    let mut refused = None;
    let pieces = stream::unfold((field, &mut *left, &mut refused), |(mut field, left, refused)| async move {
        let error = match tokio::time::timeout(time, field.chunk()).await {
            Ok(Ok(None)) => return None,
            Ok(Ok(Some(piece))) => match left.checked_sub(piece.len() as u64) {
                Some(rest) => {
                    *left = rest;
                    return Some((Ok(piece), (field, left, refused)));
                }
                None => ApiError::FilesTooLarge { limit },
            },
            Ok(Err(error)) => ApiError::Body { reason: error.body_text() },
            Err(_) => ApiError::BodyTimeout,
        };
        *refused = Some(error);
        Some((Err(io::Error::other("the request's body ended")), (field, left, refused)))
    });
    let stored = input.put(&name, StreamReader::new(Box::pin(pieces))).await;
    match (stored, refused) {
        (Ok(()), _) => Ok(()),
        (Err(InputError::Files(FilesError::Source { .. })), Some(refused)) => Err(refused),
        (Err(error), _) => Err(told(app, error)),
    }
}

/// The part with the job, in the room for all bodies.
async fn small<'a>(app: &'a App, mut field: Field<'_>) -> Result<body::Body<'a>, ApiError> {
    let limit = app.settings.max_body_bytes;
    let reading = async {
        let mut body = body::Body::empty();
        while let Some(piece) = field.chunk().await.map_err(|error| ApiError::Body { reason: error.body_text() })? {
            if body.bytes().len() + piece.len() > limit {
                return Err(ApiError::TooLarge { size: None, limit });
            }
            body.extend(&piece, &app.body_room).await;
        }
        Ok(body)
    };
    tokio::time::timeout(app.settings.request_timeout, reading).await.unwrap_or(Err(ApiError::BodyTimeout))
}

pub(super) fn told(app: &App, error: InputError) -> ApiError {
    match error {
        InputError::Bad(reason) => ApiError::Body { reason },
        InputError::NoFiles => ApiError::NoFiles,
        InputError::Files(error) => files::away(error),
        InputError::Store(error) => lookup::failure(app, "Failed to fetch job", error),
    }
}
