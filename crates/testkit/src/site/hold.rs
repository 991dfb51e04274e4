//! A response that waits for the test.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use tokio::sync::watch;

/// Requests for one path, waiting until the test answers them. Clones stand for the same path.
#[derive(Debug, Clone)]
pub struct Held {
    answer: watch::Sender<Option<Answer>>,
}

#[derive(Debug, Clone)]
struct Answer {
    status: u16,
    content_type: &'static str,
    body: String,
}

impl Held {
    pub(crate) fn new() -> Self {
        Self { answer: watch::Sender::new(None) }
    }

    /// Answers 200 with this body to all that wait and all that come.
    pub fn release(&self, content_type: &'static str, body: impl Into<String>) {
        self.release_with(200, content_type, body);
    }

    /// [`Self::release`] with a status of one's own.
    pub fn release_with(&self, status: u16, content_type: &'static str, body: impl Into<String>) {
        self.answer.send_replace(Some(Answer { status, content_type, body: body.into() }));
    }

    pub(crate) async fn response(&self) -> Response {
        let mut answers = self.answer.subscribe();
        let answer = answers.wait_for(Option::is_some).await.expect("this holds a sender itself").clone();
        let Answer { status, content_type, body } = answer.expect("waited for an answer");
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, [(CONTENT_TYPE, content_type)], body).into_response()
    }
}
