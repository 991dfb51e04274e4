//! What a client is told when a request fails. The only place that knows status codes of failures.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use job_files::FilesError;
use job_model::{InvalidJobId, Timestamp};
use job_store::StoreError;
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
    /// A one-shot's request is not one.
    OneShot { reason: String },
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
    /// This gateway has no store of files.
    NoFiles,
    /// The store of files could not do its part.
    Files { source: FilesError },
    /// The database could not do its part: what failed, and why.
    Store { failed: &'static str, source: StoreError },
    /// The database did not answer in time.
    StoreTimeout { failed: &'static str },
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status();
        let (error, message) = match self {
            Self::Unauthorized => {
                let message = "send one of the API's tokens: Authorization: Bearer TOKEN";
                return (status, [(WWW_AUTHENTICATE, "Bearer")], body("Unauthorized", message)).into_response();
            }
            Self::UnauthorizedText => {
                let headers = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (WWW_AUTHENTICATE, "Bearer")];
                return (status, headers, "Unauthorized.").into_response();
            }
            Self::TooManyWrongTokens => {
                ("Too many wrong tokens".to_owned(), "wait before trying another token".to_owned())
            }
            Self::WrongHost => {
                ("Misdirected request".to_owned(), "ALLOWED_HOSTS does not name the host of this request".to_owned())
            }
            Self::Crowded => {
                ("Too many connections".to_owned(), "all connections are taken (MAX_CONNECTIONS), try later".to_owned())
            }
            Self::Invalid { errors } => {
                let body = json!({"error": "Invalid job", "message": "some fields are invalid", "errors": errors});
                return (status, Json(body)).into_response();
            }
            Self::Forbidden { token, scope } => {
                let message = format!("the token {token} lacks the scope {scope}");
                let body = json!({"error": "Forbidden", "message": message, "scope": scope.as_str()});
                return (status, Json(body)).into_response();
            }
            Self::TooManyRequests { token, wait } => {
                // In whole seconds, and never one too early.
                let seconds = wait.as_millis().div_ceil(1000).max(1);
                let message = format!("the token {token} has sent more than its rate allows, try again in {seconds} s");
                let headers = [(RETRY_AFTER, seconds.to_string())];
                return (status, headers, body("Too many requests", &message)).into_response();
            }
            Self::TooManyJobs { token, limit, most, jobs } => {
                let message =
                    format!("{limit} of the token {token} is {most}, and so many of its jobs {jobs}: try later");
                ("Too many jobs".to_owned(), message)
            }
            Self::Busy { waiting } => {
                ("Too many jobs are waiting".to_owned(), format!("{waiting} jobs wait in the queue, try later"))
            }
            Self::NoRoute => ("Not found".to_owned(), "there is no such route".to_owned()),
            Self::NoMethod => {
                ("Method not allowed".to_owned(), "the route does not know this method, see Allow".to_owned())
            }
            Self::JobNotFound { id } => (format!("Job {id} not found"), "document not found".to_owned()),
            Self::ExecutorNotFound { name } => {
                (format!("Executor {name} not found"), "no executor of this name is heard, see /fleet".to_owned())
            }
            Self::ExecutorSilent { name } => (
                format!("Executor {name} did not answer"),
                "it did not say that it heard the order: it is busy ending, or of a version that knows none".to_owned(),
            ),
            Self::JobExists { id, created_at } => {
                let created = created_at.map(|time| format!(", created at {}", time.to_whole_seconds()));
                let message =
                    format!("A job with the given UUID {id} does already exist{}", created.unwrap_or_default());
                (format!("A job with the given UUID {id} already exists"), message)
            }
            Self::JobDone { id } => {
                (format!("Job {id} is done"), "a job that has its result cannot be cancelled".to_owned())
            }
            Self::Body { reason } => ("Failed to decode json body".to_owned(), reason),
            Self::OneShot { reason } => ("Invalid request".to_owned(), reason),
            Self::BodyTimeout => ("Failed to read body".to_owned(), "the body did not come in time".to_owned()),
            Self::TooLarge { size, limit } => {
                let actual = size.map(|size| format!(", this one has {size}")).unwrap_or_default();
                ("Job is too large".to_owned(), format!("a job and its body may have {limit} bytes{actual}"))
            }
            Self::FilesTooLarge { limit } => (
                "Files are too large".to_owned(),
                format!("the files of a job may have {limit} bytes (MAX_FILES_BYTES)"),
            ),
            Self::NoFilter | Self::NoBareDelete => {
                let message = "say which jobs are meant by state, status, created_from or created_to, each once, and by nothing else"
                    .to_owned();
                ("Failed to delete jobs".to_owned(), message)
            }
            Self::JobId(invalid) => ("Invalid job id".to_owned(), invalid.to_string()),
            Self::Query { name, reason } => (format!("Invalid query parameter {name}"), reason),
            Self::FileNotFound { name } => (format!("File {name} not found"), "the job has no such file".to_owned()),
            Self::NoFiles => {
                ("There are no files".to_owned(), "this gateway has no store of files (FILES_URL)".to_owned())
            }
            Self::Files { source } => {
                tracing::error!(error = %Chain(&source), "the store of files failed");
                ("The store of files failed".to_owned(), Chain(&source).to_string())
            }
            Self::Store { failed, source } => {
                tracing::error!(error = %Chain(&source), "{failed}");
                (failed.to_owned(), Chain(&source).to_string())
            }
            Self::StoreTimeout { failed } => {
                tracing::error!("{failed}: the database did not answer in time");
                (failed.to_owned(), "the database did not answer in time".to_owned())
            }
        };
        let mut response = (status, body(&error, &message)).into_response();
        if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }
}

impl ApiError {
    fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized | Self::UnauthorizedText => StatusCode::UNAUTHORIZED,
            Self::TooManyWrongTokens => StatusCode::TOO_MANY_REQUESTS,
            Self::WrongHost => StatusCode::MISDIRECTED_REQUEST,
            Self::Forbidden { .. } => StatusCode::FORBIDDEN,
            Self::TooManyRequests { .. } | Self::TooManyJobs { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::NoRoute | Self::JobNotFound { .. } | Self::ExecutorNotFound { .. } | Self::FileNotFound { .. } => {
                StatusCode::NOT_FOUND
            }
            Self::NoMethod | Self::NoBareDelete => StatusCode::METHOD_NOT_ALLOWED,
            Self::JobExists { .. } | Self::JobDone { .. } => StatusCode::CONFLICT,
            Self::Body { .. } | Self::OneShot { .. } | Self::JobId(_) | Self::Query { .. } | Self::NoFilter => {
                StatusCode::BAD_REQUEST
            }
            Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge { .. } | Self::FilesTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NoFiles => StatusCode::NOT_IMPLEMENTED,
            // Trying again later helps.
            Self::Files { .. }
            | Self::Busy { .. }
            | Self::Crowded
            | Self::StoreTimeout { .. }
            | Self::ExecutorSilent { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store { source: StoreError::Unavailable { .. }, .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

fn body(error: &str, message: &str) -> Json<serde_json::Value> {
    Json(json!({"error": error, "message": message}))
}
