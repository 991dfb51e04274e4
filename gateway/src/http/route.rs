//! One row of the table of routes: what is served, to whom, and how it is documented.

use std::sync::Arc;

use axum::http::Method;
use axum::routing::MethodRouter;

use crate::app::App;
use crate::tokens::Scope;

/// A route of the API.
pub(crate) struct Route {
    pub(crate) handler: MethodRouter<Arc<App>>,
    pub(crate) about: About,
}

/// What the documentation says about a route.
#[derive(Clone, Debug)]
pub(crate) struct About {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    pub(crate) summary: &'static str,
    /// Query parameters with what they mean.
    pub(crate) query: Vec<(&'static str, &'static str)>,
    /// Headers of the request with what they mean.
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    /// The schema of the body.
    pub(crate) takes: Option<&'static str>,
    pub(crate) answers: Vec<(u16, Content)>,
}

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everybody; there also when the API is off.
    Open,
    /// Clients whose token holds all of these scopes.
    Token(&'static [Scope]),
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
    Count,
    File,
    Files,
    Events,
    Fleet,
    Stats,
    Executor,
    /// Something with this schema.
    One(&'static str),
    /// A list of such.
    Many(&'static str),
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
        let (query, headers, answers) = (Vec::new(), Vec::new(), Vec::new());
        let about = About { method, path, access, summary, query, headers, takes: None, answers };
        Self { handler, about }
    }

    /// Adds a query parameter.
    pub(crate) fn query(mut self, name: &'static str, meaning: &'static str) -> Self {
        self.about.query.push((name, meaning));
        self
    }

    /// Adds a header of the request.
    pub(crate) fn header(mut self, name: &'static str, meaning: &'static str) -> Self {
        self.about.headers.push((name, meaning));
        self
    }

    /// Says which schema the body has.
    pub(crate) fn takes(mut self, schema: &'static str) -> Self {
        self.about.takes = Some(schema);
        self
    }

    /// Adds an answer.
    pub(crate) fn answers(mut self, status: u16, content: Content) -> Self {
        self.about.answers.push((status, content));
        self
    }

    /// Adds answers that tell what went wrong. What every route with a token may answer is added where it belongs.
    pub(crate) fn fails(mut self, statuses: &[u16]) -> Self {
        let guarded: &[u16] = if self.about.access == Access::Open { &[] } else { &[401, 403, 429] };
        let mut statuses: Vec<u16> = statuses.iter().chain(guarded).copied().collect();
        statuses.sort_unstable();
        self.about.answers.extend(statuses.iter().map(|status| (*status, Content::Error)));
        self
    }
}

impl About {
    /// Whether the body is a new job.
    pub(crate) fn takes_job(&self) -> bool {
        self.takes == Some("NewJob")
    }

    fn is_one_shot(&self) -> bool {
        self.answers.contains(&(202, Content::Job))
    }

    /// The path as it is documented: a name may hold slashes, which the router has to be told.
    pub(crate) fn shown_path(&self) -> String {
        self.path.replace("{*", "{")
    }

    /// What an answer with this status tells the client.
    pub(crate) fn meaning(&self, status: u16, content: Content) -> &'static str {
        match (status, content) {
            (200 | 201, Content::Job) => "the job",
            (200, Content::JobList) => "the page of the list",
            (200, Content::Events) => "the stream",
            (200, Content::Fleet) => "who is there and what runs",
            (200, Content::Stats) => "the last hour",
            (200, Content::Executor) => "the executor, which does so now",
            (202, Content::One(_)) => "as it is now: the rest goes on",
            (202, _) => "the job, which goes on: its files have the answer",
            (409, _) if self.is_one_shot() => "the job was cancelled",
            (422, _) if self.is_one_shot() => "the page could not be had: why, with the job's log",
            (503, _) if self.is_one_shot() => "too many jobs wait, the job was given up, or a store cannot be used now",
            (504, _) => "the page took longer than the job may",
            (200, Content::File) => "the bytes",
            (200, Content::Files) => "the files",
            (404, _) if self.path.contains("{delivery}") => {
                "there is no such job or batch, or its webhook has no such delivery"
            }
            (206, _) => "the bytes that were asked for",
            (302, _) => "the address of the file",
            (304, _) => "the file is the one that the client has",
            (416, _) => "there are no such bytes",
            (501, _) => "the gateway has no store of files",
            (200, Content::Count) => "how many jobs were deleted",
            (204, _) => "it is gone",
            (503, Content::Object) => "something is missing, and is named",
            (_, Content::Text | Content::Html | Content::Object | Content::Nothing) => "fine",
            (400, _) if self.method == Method::DELETE => "no filter is given, or a parameter is malformed",
            (400, _) => "the body or a parameter is malformed",
            (401, _) => "the token is missing or wrong",
            (403, _) => "the token lacks a scope, which is named",
            (200 | 201, Content::One(_)) => "as it is now",
            (200, Content::Many("Delivery")) => "in the order of what they tell; none without a webhook",
            (200, Content::Many(_)) => "the page, and in next what the page after it comes after",
            (404, _) if self.path.starts_with("/batches") => "there is no such batch",
            (404, _) if !self.path.starts_with("/fleet") && self.path.contains("{name}") => {
                "there is none of this name"
            }
            (409, _) if self.path.starts_with("/scripts") || self.path.starts_with("/schedules") => {
                "the name or the job's uuid is taken"
            }
            (422, _) if self.path.starts_with("/batches") => {
                "a row cannot be a job: the batch has those before it, and is incomplete"
            }
            (409, _) if self.path.starts_with("/batches") => "the batch cannot do that now",
            (422, _) if self.path.starts_with("/scripts") || self.path.starts_with("/schedules") => {
                "the vars do not fit the script, by their names"
            }
            (404, _) if self.path.contains("{name}") => "no executor of this name is heard",
            (404, _) => "there is no such job",
            (408, _) => "the body did not come in time",
            (409, _) if self.takes_job() => "the uuid is taken",
            (409, _) => "the job has its result already",
            (413, _) => "the job is too large",
            (422, _) => "an option of the job is wrong, by field",
            (429, _) => "the token has sent too many requests, or has too many jobs, see Retry-After",
            (503, _) if self.path.starts_with("/fleet/executors") => "the executor did not say that it heard the order",
            (503, _) => "too many jobs wait, or the database cannot be used now, see Retry-After",
            _ => "the database could not do its part",
        }
    }
}
