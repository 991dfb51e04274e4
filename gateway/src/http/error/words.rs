//! The words for a failure: what failed, and why.

use std::borrow::Cow;

use service::Chain;

use super::{ApiError, whole_seconds};

type Text = Cow<'static, str>;

fn told(error: impl Into<Text>, message: impl Into<Text>) -> (Text, Text) {
    (error.into(), message.into())
}

impl ApiError {
    /// The members `error` and `message` of the answer. A table: every failure has its line.
    pub(super) fn words(&self) -> (Text, Text) {
        match self {
            Self::Unauthorized | Self::UnauthorizedText => {
                told("Unauthorized", "send one of the API's tokens: Authorization: Bearer TOKEN")
            }
            Self::TooManyWrongTokens => told("Too many wrong tokens", "wait before trying another token"),
            Self::WrongHost => told("Misdirected request", "ALLOWED_HOSTS does not name the host of this request"),
            Self::Crowded => told("Too many connections", "all connections are taken (MAX_CONNECTIONS), try later"),
            Self::Forbidden { token, scope } => told("Forbidden", format!("the token {token} lacks the scope {scope}")),
            Self::TooManyRequests { token, wait } => {
                let seconds = whole_seconds(*wait);
                let message = format!("the token {token} has sent more than its rate allows, try again in {seconds} s");
                told("Too many requests", message)
            }
            Self::TooManyJobs { token, limit, most, jobs } => {
                let message =
                    format!("{limit} of the token {token} is {most}, and so many of its jobs {jobs}: try later");
                told("Too many jobs", message)
            }
            Self::Busy { waiting } => {
                told("Too many jobs are waiting", format!("{waiting} jobs wait in the queue, try later"))
            }
            Self::NoRoute => told("Not found", "there is no such route"),
            Self::NoMethod => told("Method not allowed", "the route does not know this method, see Allow"),
            Self::JobNotFound { id } => told(format!("Job {id} not found"), "document not found"),
            Self::FileNotFound { name } => told(format!("File {name} not found"), "the job has no such file"),
            Self::DeliveryNotFound { id } => {
                told(format!("Delivery {id} not found"), "the job's webhook has no such delivery")
            }
            Self::NameNotFound { what, name } => told(format!("{what} {name} not found"), "there is none of this name"),
            Self::NameTaken { what, name } => {
                told(format!("The {what} {name} already exists"), "the name is taken, choose another one")
            }
            Self::ExecutorNotFound { name } => {
                told(format!("Executor {name} not found"), "no executor of this name is heard, see /fleet")
            }
            Self::ExecutorSilent { name } => told(
                format!("Executor {name} did not answer"),
                "it did not say that it heard the order: it is busy ending, or of a version that knows none",
            ),
            Self::JobExists { id, created_at } => {
                let created = created_at.map(|time| format!(", created at {}", time.to_whole_seconds()));
                let message =
                    format!("A job with the given UUID {id} does already exist{}", created.unwrap_or_default());
                told(format!("A job with the given UUID {id} already exists"), message)
            }
            Self::JobDone { id } => told(format!("Job {id} is done"), "a job that has its result cannot be cancelled"),
            Self::KeyBusy { by } => {
                told("The job is skipped", format!("job {by} of the same key is under way, and on_duplicate is skip"))
            }
            Self::KeyReused => told(
                "Idempotency-Key was used before",
                "another request of this token had the same key in the last 24 hours, and another body",
            ),
            Self::IdempotencyKey => {
                told("Invalid header Idempotency-Key", "a key has 1 to 255 visible characters of ASCII, without blanks")
            }
            Self::Body { reason } => told("Failed to decode json body", reason.clone()),
            Self::BodyTimeout => told("Failed to read body", "the body did not come in time"),
            Self::TooLarge { size, limit } => {
                let actual = size.map(|size| format!(", this one has {size}")).unwrap_or_default();
                told("Job is too large", format!("a job and its body may have {limit} bytes{actual}"))
            }
            Self::FilesTooLarge { limit } => {
                told("Files are too large", format!("the files of a job may have {limit} bytes (MAX_FILES_BYTES)"))
            }
            Self::JobId(invalid) => told("Invalid job id", invalid.to_string()),
            Self::Invalid { .. } => told("Invalid job", "some fields are invalid"),
            Self::Vars { script, .. } => told("Invalid vars", format!("some vars do not fit the script {script}")),
            Self::Query { name, reason } => told(format!("Invalid query parameter {name}"), reason.clone()),
            Self::Request { reason } => told("Invalid request", reason.clone()),
            Self::NotNow { reason } => told("Not possible now", reason.clone()),
            Self::Later { reason } => told("Not possible yet", reason.clone()),
            Self::NoFilter | Self::NoBareDelete => told(
                "Failed to delete jobs",
                "say which jobs are meant by state, status, created_from or created_to, each once, and by nothing else",
            ),
            Self::NoFiles => told("There are no files", "this gateway has no store of files (FILES_URL)"),
            Self::Files { source } => told("The store of files failed", Chain(source).to_string()),
            Self::Records { source } => told("The store of records failed", Chain(source).to_string()),
            Self::Store { failed, source } => told(*failed, Chain(source).to_string()),
            Self::StoreTimeout { failed } => told(*failed, "the database did not answer in time"),
        }
    }

    /// Why a job is refused, for callers that report it in another way than an answer.
    pub(crate) fn sentence(&self) -> String {
        match self {
            Self::Request { reason } | Self::Body { reason } => reason.clone(),
            Self::Invalid { errors } => errors.values().flatten().cloned().collect::<Vec<_>>().join(" "),
            Self::JobId(invalid) => invalid.to_string(),
            Self::Vars { script, errors } => {
                let vars = errors.keys().cloned().collect::<Vec<_>>().join(", ");
                format!("the vars {vars} do not fit the script {script}")
            }
            Self::TooManyJobs { token, limit, most, jobs } => {
                format!("{limit} of the token {token} is {most}, and so many of its jobs {jobs}")
            }
            Self::Busy { waiting } => format!("{waiting} jobs wait in the queue (MAX_QUEUE_LENGTH)"),
            Self::JobExists { id, .. } => format!("there is a job {id} already"),
            Self::JobNotFound { id } => format!("there is no job {id}"),
            Self::KeyBusy { by } => format!("job {by} of the same key is under way, and on_duplicate is skip"),
            Self::TooLarge { limit, .. } => format!("a job may have {limit} bytes"),
            Self::Store { failed, source } => format!("{failed}: {}", Chain(source)),
            Self::StoreTimeout { failed } => format!("{failed}: the database did not answer in time"),
            Self::Records { source } => Chain(source).to_string(),
            _ => "the gateway cannot make the job".to_owned(),
        }
    }
}
