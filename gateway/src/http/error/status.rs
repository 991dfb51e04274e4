//! Which status a failure has. The only place that knows status codes of failures.

use axum::http::StatusCode;
use job_store::StoreError;
use job_store::records::RecordError;

use super::ApiError;

impl ApiError {
    /// The status of the answer.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized | Self::UnauthorizedText => StatusCode::UNAUTHORIZED,
            Self::TooManyWrongTokens => StatusCode::TOO_MANY_REQUESTS,
            Self::WrongHost => StatusCode::MISDIRECTED_REQUEST,
            Self::Forbidden { .. } => StatusCode::FORBIDDEN,
            Self::TooManyRequests { .. } | Self::TooManyJobs { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::NoRoute
            | Self::JobNotFound { .. }
            | Self::ExecutorNotFound { .. }
            | Self::FileNotFound { .. }
            | Self::NameNotFound { .. }
            | Self::DeliveryNotFound { .. } => StatusCode::NOT_FOUND,
            Self::NoMethod | Self::NoBareDelete => StatusCode::METHOD_NOT_ALLOWED,
            Self::Records { source: RecordError::Conflict { .. } } => StatusCode::CONFLICT,
            Self::NotNow { .. }
            | Self::NameTaken { .. }
            | Self::JobExists { .. }
            | Self::JobDone { .. }
            | Self::KeyBusy { .. }
            | Self::KeyReused => StatusCode::CONFLICT,
            Self::Request { .. }
            | Self::Body { .. }
            | Self::JobId(_)
            | Self::Query { .. }
            | Self::NoFilter
            | Self::IdempotencyKey => StatusCode::BAD_REQUEST,
            Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge { .. } | Self::FilesTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Invalid { .. } | Self::Vars { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NoFiles => StatusCode::NOT_IMPLEMENTED,
            // Trying again later helps.
            Self::Files { .. }
            | Self::Records { .. }
            | Self::Later { .. }
            | Self::Busy { .. }
            | Self::Crowded
            | Self::StoreTimeout { .. }
            | Self::ExecutorSilent { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store { source: StoreError::Unavailable { .. }, .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}
