//! A line for each request that was answered.

use std::time::Instant;

use axum::extract::Request;
use axum::response::Response;

use super::caller::{RequestId, TokenUsed};
use super::health;
use crate::app::App;
use crate::config::AccessLog;

/// What the line says of a request, taken before it is answered.
pub(super) struct Line {
    method: &'static str,
    /// Without the query, which may hold a secret of the client's.
    path: String,
    id: RequestId,
    began: Instant,
}

impl Line {
    /// `None` when ACCESS_LOG is off.
    pub(super) fn of(
        app: &App,
        request: &Request,
        method: &'static str,
        id: &RequestId,
        began: Instant,
    ) -> Option<Self> {
        let wanted = app.settings.access_log == AccessLog::On;
        wanted.then(|| Self { method, path: request.uri().path().to_owned(), id: id.clone(), began })
    }

    /// Writes the line; of health checks and scrapes at debug level.
    pub(super) fn write(self, response: &Response) {
        let Self { method, path, id, began } = self;
        let status = response.status().as_u16();
        let duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let token = response.extensions().get::<TokenUsed>().map(|TokenUsed(name)| name.as_str());
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    http.method = method, http.path = path, http.status = status, duration_ms, request.id = %id, token,
                    "request answered"
                )
            };
        }
        if health::CHECKS.contains(&path.as_str()) || path == health::METRICS { line!(debug) } else { line!(info) }
    }
}
