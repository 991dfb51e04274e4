//! One row of the table of routes: what is served, to whom, and how it is documented.

use std::sync::Arc;

use axum::http::Method;
use axum::routing::MethodRouter;

use crate::app::App;

/// A route of the API.
pub(crate) struct Route {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    pub(crate) handler: MethodRouter<Arc<App>>,
    pub(crate) summary: &'static str,
    /// Query parameters with what they mean.
    pub(crate) query: Vec<(&'static str, &'static str)>,
    /// Whether the body is a new job.
    pub(crate) takes_job: bool,
    pub(crate) answers: Vec<(u16, Content)>,
}

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everybody; there also when the API is off.
    Open,
    /// Whoever sends a token.
    Token,
}

/// What an answer carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Nothing,
    Text,
    Html,
    Object,
    Job,
    JobList,
    Events,
    Error,
}

impl Route {
    /// A route without parameters that answers nothing yet.
    pub(crate) fn new(
        method: Method,
        path: &'static str,
        access: Access,
        handler: MethodRouter<Arc<App>>,
        summary: &'static str,
    ) -> Self {
        Self { method, path, access, handler, summary, query: Vec::new(), takes_job: false, answers: Vec::new() }
    }

    /// Adds a query parameter.
    pub(crate) fn query(mut self, name: &'static str, meaning: &'static str) -> Self {
        self.query.push((name, meaning));
        self
    }

    /// Says that the body is a new job.
    pub(crate) fn takes_job(mut self) -> Self {
        self.takes_job = true;
        self
    }

    /// Adds an answer.
    pub(crate) fn answers(mut self, status: u16, content: Content) -> Self {
        self.answers.push((status, content));
        self
    }

    /// Adds answers that tell what went wrong.
    pub(crate) fn fails(mut self, statuses: &[u16]) -> Self {
        self.answers.extend(statuses.iter().map(|status| (*status, Content::Error)));
        self
    }
}
