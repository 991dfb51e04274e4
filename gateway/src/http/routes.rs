//! The table of the API's routes. Those of the dashboard are beside it.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::Method;
use axum::routing::{delete, get, post};

use super::route::{Access, Content, Route};
use super::{docs, events, files, fleet, health, jobs, lists, one_shots, openapi};
use crate::app::App;
use crate::caller::Caller;
use crate::one_shots::OneShot;
use crate::tokens::Scope;

/// Every route there is.
pub(super) fn routes() -> Vec<Route> {
    use Access::{Open, Token};
    // Which scopes each route needs; `jobs:all` widens all of them to everybody's jobs. An answer that shows a job's log or
    // results needs `jobs:read`, whatever else the route does.
    const CREATE: Access = Token(&[Scope::JobsCreate]);
    const READ: Access = Token(&[Scope::JobsRead]);
    const DELETE_JOBS: Access = Token(&[Scope::JobsDelete]);
    const CANCEL: Access = Token(&[Scope::JobsDelete, Scope::JobsRead]);
    const RERUN: Access = Token(&[Scope::JobsCreate, Scope::JobsRead]);
    const ADMIN: Access = Token(&[Scope::Admin]);
    const GET: Method = Method::GET;
    const POST: Method = Method::POST;
    const DELETE: Method = Method::DELETE;
    const DRAIN: &str = "/fleet/executors/{name}/drain";
    const WAIT: &str = "answer as soon as the job is done, or after so many seconds";
    vec![
        Route::new(POST, "/jobs", CREATE, post(jobs::create).layer(DefaultBodyLimit::disable()), "Create a job")
            .query("wait", "answer as soon as the job is done, or after so many seconds; needs jobs:read, too")
            .takes_job()
            .answers(201, Content::Job)
            .fails(&[400, 408, 409, 413, 422, 500, 503]),
        filters(Route::new(GET, "/jobs", READ, get(lists::list), "List jobs, newest first"))
            .query("page", "which page, from 1")
            .query("per_page", "jobs on a page, 10 by default")
            .query("view", "summary leaves out code, vars, modules, logs and results; full by default")
            .answers(200, Content::JobList)
            .fails(&[400, 500, 503]),
        filters(Route::new(DELETE, "/jobs", DELETE_JOBS, delete(lists::delete), "Delete all jobs of a filter"))
            .answers(200, Content::Count)
            .fails(&[400, 405, 500, 503]),
        Route::new(GET, "/jobs/{uuid}", READ, get(jobs::read), "Read a job")
            .query("wait", WAIT)
            .answers(200, Content::Job)
            .fails(&[400, 404, 500, 503]),
        Route::new(
            DELETE,
            "/jobs/{uuid}",
            DELETE_JOBS,
            delete(jobs::delete),
            "Delete a job; cancels it when under way",
        )
        .answers(204, Content::Nothing)
        .fails(&[404, 500, 503]),
        Route::new(POST, "/jobs/{uuid}/cancel", CANCEL, post(jobs::cancel), "Cancel a job and keep it")
            .answers(200, Content::Job)
            .fails(&[404, 409, 500, 503]),
        Route::new(POST, "/jobs/{uuid}/rerun", RERUN, post(jobs::rerun), "Run a job again, as a new job")
            .query("wait", WAIT)
            .answers(201, Content::Job)
            .fails(&[400, 404, 413, 500, 503]),
        Route::new(GET, "/jobs/{uuid}/events", READ, get(events::events), "Follow a job until its result")
            .query(
                "live",
                "calls, navigations and pictures of its page, too, while it runs: events call (twice: when it begins, and with \
                 its duration), navigated and frame (JPEG in base64)",
            )
            .header("Last-Event-ID", "the id of the last event that was seen: the stream goes on after it")
            .answers(200, Content::Events)
            .fails(&[404, 500, 503]),
        Route::new(GET, "/fleet", ADMIN, get(fleet::fleet), "Gateways, executors with their jobs, and the queue")
            .answers(200, Content::Fleet)
            .fails(&[500, 503]),
        Route::new(GET, "/stats", ADMIN, get(fleet::stats), "How the last hour went")
            .answers(200, Content::Stats)
            .fails(&[500, 503]),
        Route::new(POST, DRAIN, ADMIN, post(fleet::drain), "Let an executor finish its jobs and take no more")
            .answers(200, Content::Executor)
            .fails(&[404, 503]),
        Route::new(DELETE, DRAIN, ADMIN, delete(fleet::undrain), "Let an executor take jobs again")
            .answers(200, Content::Executor)
            .fails(&[404, 503]),
        Route::new(GET, "/jobs/{uuid}/files", READ, get(files::list), "List the files that a job left")
            .answers(200, Content::Files)
            .fails(&[404, 500, 503]),
        Route::new(GET, "/jobs/{uuid}/files/{*name}", READ, get(files::read), "Read a file of a job, or a part of it")
            .query(
                "redirect",
                "answer 302 with an address of the store's own where it has one; it is valid for 5 minutes",
            )
            .header("Range", "the bytes that are wanted, as bytes=FIRST-LAST")
            .answers(200, Content::File)
            .answers(206, Content::File)
            .answers(302, Content::Nothing)
            .answers(304, Content::Nothing)
            .answers(416, Content::Nothing)
            .fails(&[404, 500, 501, 503]),
        Route::new(GET, "/jobs/{uuid}/files.zip", READ, get(files::archive), "Read all files of a job as one archive")
            .answers(200, Content::File)
            .fails(&[404, 500, 501, 503]),
        one_shot(GET, "/screenshot", OneShot::Screenshot, "Take a screenshot of a page"),
        one_shot(POST, "/screenshot", OneShot::Screenshot, "Take a screenshot of a page"),
        one_shot(GET, "/pdf", OneShot::Pdf, "Print a page as PDF"),
        one_shot(POST, "/pdf", OneShot::Pdf, "Print a page as PDF"),
        one_shot(POST, "/content", OneShot::Content, "Read a page's HTML once its scripts have run"),
        one_shot(POST, "/markdown", OneShot::Markdown, "Read a page as Markdown"),
        one_shot(POST, "/links", OneShot::Links, "List a page's links"),
        one_shot(POST, "/scrape", OneShot::Scrape, "Read elements of a page"),
        one_shot(POST, "/snapshot", OneShot::Snapshot, "Read a page as screenshot, HTML, text and metadata in one"),
        Route::new(GET, "/healthz", Open, get(health::alive), "Whether the process answers")
            .answers(200, Content::Text),
        Route::new(GET, "/livez", Open, get(health::alive), "Whether the process answers").answers(200, Content::Text),
        Route::new(GET, "/readyz", Open, get(health::ready), "Whether database and queue can be used")
            .answers(200, Content::Object)
            .answers(503, Content::Object),
        Route::new(GET, "/metrics", Open, get(health::metrics), "What is counted, for Prometheus")
            .answers(200, Content::Text),
        Route::new(GET, "/openapi.json", Open, get(openapi::document), "This description, as OpenAPI")
            .answers(200, Content::Object),
        Route::new(GET, "/docs", Open, get(docs::page), "This description, to read").answers(200, Content::Html),
    ]
}

/// A request that is answered with what a page gave.
fn one_shot(method: Method, path: &'static str, kind: OneShot, summary: &'static str) -> Route {
    const ONE_SHOT: Access = Access::Token(&[Scope::JobsCreate, Scope::JobsRead]);
    let answer =
        move |state: State<Arc<App>>, caller: Caller, request: Request| one_shots::answer(kind, state, caller, request);
    let route = if method == Method::GET {
        Route::new(method, path, ONE_SHOT, get(answer), summary)
            .query("url", "the page's address; docs/ONE-SHOTS.md has the other parameters")
    } else {
        Route::new(method, path, ONE_SHOT, post(answer), summary).takes_one_shot()
    };
    route
        .header("Prefer", "respond-async: answer 202 with the job at once")
        .answers(200, Content::File)
        .answers(202, Content::Job)
        .fails(&[400, 408, 409, 413, 422, 500, 501, 503, 504])
}

/// Adds the parameters that say which jobs are meant.
fn filters(route: Route) -> Route {
    route
        .query("status", "only jobs of this status: created, queued or done; empty for all")
        .query(
            "state",
            "only jobs in this state, one of waiting, running, succeeded, failed, cancelled, timed_out and given_up",
        )
        .query("created_from", "only jobs created at this time or later (RFC 3339)")
        .query("created_to", "only jobs created at this time or earlier (RFC 3339)")
        .query("owner", "only jobs that the token of this name made; without jobs:all these are one's own at most")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::routes;
    use crate::http::docs::readable;
    use crate::http::openapi::describe;
    use crate::http::route::About;

    fn all() -> Vec<About> {
        routes().into_iter().map(|route| route.about).collect()
    }

    #[test]
    fn the_document_holds_every_route_and_no_other() {
        let document = describe(&all());
        let paths = document["paths"].as_object().unwrap();
        let methods = |path: &serde_json::Value| path.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let described: BTreeSet<(String, String)> = paths
            .iter()
            .flat_map(|(path, item)| methods(item).into_iter().map(|method| (path.clone(), method)))
            .collect();
        let routes = all();
        let table = routes.iter().map(|route| (route.shown_path(), route.method.as_str().to_ascii_lowercase()));
        assert_eq!(described, table.collect());
    }

    #[test]
    fn the_page_names_every_route_field_and_answer() {
        let routes = all();
        let page = readable(&routes, "https://jobs.example");
        for route in &routes {
            let title = format!("<b class={method}>{method}</b> {}", route.shown_path(), method = route.method);
            assert!(page.contains(&title), "{title}");
        }
        for text in ["https://jobs.example/jobs?wait=30", "<th>max_attempts", "<th>422", "Last-Event-ID"] {
            assert!(page.contains(text), "{text}");
        }
        assert!(!page.contains("<script"), "{page}");
    }
}
