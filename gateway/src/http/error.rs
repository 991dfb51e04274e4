//! The answer to a request that fails: `status` knows the codes, `words` the sentences.

mod status;
mod words;

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use job_files::FilesError;
use job_model::{InvalidJobId, Timestamp};
use job_store::StoreError;
use job_store::records::RecordError;
use serde_json::json;
use service::Chain;

use crate::tokens::Scope;

/// Why a request is not answered with what it asked for.
#[derive(Debug)]
pub(crate) enum ApiError {
    /// No acceptable token.
    Unauthorized,
    /// The same in the predecessor's words.
    UnauthorizedText,
    /// So many wrong tokens came from the client's address that this one is not even looked at.
    TooManyWrongTokens,
    /// The API may not be called by the name that the client used.
    WrongHost,
    /// There are too many connections.
    Crowded,
    /// The token is good, and lacks a scope.
    Forbidden { token: String, scope: Scope },
    /// The token has sent too many requests.
    TooManyRequests { token: String, wait: Duration },
    /// The token has too many jobs that wait or run: the limit that is met, and what it counts.
    TooManyJobs { token: String, limit: &'static str, most: u32, jobs: &'static str },
    /// No such route.
    NoRoute,
    /// The route exists for other methods.
    NoMethod,
    /// There is no job of that id, or no job can have it.
    JobNotFound { id: String },
    /// No executor of that name is heard.
    ExecutorNotFound { name: String },
    /// An executor did not say that it heard an order.
    ExecutorSilent { name: String },
    /// The id is taken.
    JobExists { id: String, created_at: Option<Timestamp> },
    /// A job of the same key is under way, and this one says to be skipped then.
    KeyBusy { by: String },
    /// The idempotency key belongs to a request with another body.
    KeyReused,
    /// The idempotency key cannot be one.
    IdempotencyKey,
    /// The job has its result already.
    JobDone { id: String },
    /// The body is not a job.
    Body { reason: String },
    /// The body did not come in time.
    BodyTimeout,
    /// The body or the job is larger than allowed.
    TooLarge { size: Option<usize>, limit: usize },
    /// The files that come with a job are larger than allowed.
    FilesTooLarge { limit: u64 },
    /// The client's own id cannot name a job.
    JobId(InvalidJobId),
    /// Everything would be deleted.
    NoFilter,
    /// As `NoFilter`, by a request that the predecessor knows no method for.
    NoBareDelete,
    /// A query parameter is malformed.
    Query { name: &'static str, reason: String },
    /// A job's options are wrong, by field.
    Invalid { errors: BTreeMap<&'static str, Vec<String>> },
    /// Too many jobs wait already.
    Busy { waiting: u64 },
    /// The job has no file of that name.
    FileNotFound { name: String },
    /// The job's webhook has no delivery of that id.
    DeliveryNotFound { id: String },
    /// This gateway has no store of files.
    NoFiles,
    /// The store of files could not do its part.
    Files { source: FilesError },
    /// The database could not do its part: what failed, and why.
    Store { failed: &'static str, source: StoreError },
    /// There is no script, schedule or batch of that name.
    NameNotFound { what: &'static str, name: String },
    /// Another token has a script or schedule of that name.
    NameTaken { what: &'static str, name: String },
    /// The vars do not fit the script, by their names.
    Vars { script: String, errors: BTreeMap<String, Vec<String>> },
    /// What is asked for cannot be done as things stand.
    NotNow { reason: String },
    /// What is asked for may be done later.
    Later { reason: String },
    /// The request does not say what it must.
    Request { reason: String },
    /// What the service keeps beside jobs could not be read or written.
    Records { source: RecordError },
    /// The database did not answer in time.
    StoreTimeout { failed: &'static str },
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.log();
        let status = self.status();
        if matches!(self, Self::UnauthorizedText) {
            let headers = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (WWW_AUTHENTICATE, "Bearer")];
            return (status, headers, "Unauthorized.").into_response();
        }
        let (error, message) = self.words();
        let mut body = json!({"error": error, "message": message});
        match &self {
            Self::Forbidden { scope, .. } => body["scope"] = json!(scope.as_str()),
            Self::Invalid { errors } => body["errors"] = json!(errors),
            Self::Vars { errors, .. } => body["errors"] = json!(errors),
            _ => {}
        }
        let mut response = (status, Json(body)).into_response();
        let header = match (&self, status) {
            (Self::Unauthorized, _) => Some((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
            (Self::TooManyRequests { wait, .. }, _) => Some((RETRY_AFTER, HeaderValue::from(whole_seconds(*wait)))),
            (_, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) => {
                Some((RETRY_AFTER, HeaderValue::from_static("5")))
            }
            _ => None,
        };
        response.headers_mut().extend(header);
        response
    }
}

impl ApiError {
    /// The store of records could not do its part.
    pub(crate) fn records(source: RecordError) -> Self {
        Self::Records { source }
    }

    /// Logs what somebody must look at: a failure of a store.
    fn log(&self) {
        match self {
            Self::Records { source } => tracing::error!(error = %Chain(source), "the store of records failed"),
            Self::Files { source } => tracing::error!(error = %Chain(source), "the store of files failed"),
            Self::Store { failed, source } => tracing::error!(error = %Chain(source), "{failed}"),
            Self::StoreTimeout { failed } => tracing::error!("{failed}: the database did not answer in time"),
            _ => {}
        }
    }
}

/// In whole seconds, and never one too early.
fn whole_seconds(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis().div_ceil(1000).max(1)).unwrap_or(u64::MAX)
}
