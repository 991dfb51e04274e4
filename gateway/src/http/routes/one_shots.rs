//! Requests that are answered with what a page gave.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::Method;
use axum::routing::{get, post};

use super::{GET, POST, RERUN};
use crate::app::App;
use crate::http::caller::Caller;
use crate::http::one_shots;
use crate::http::route::{Content, Route};
use crate::one_shots::OneShot;

/// Its rows of the table.
pub(super) fn routes() -> Vec<Route> {
    vec![
        one_shot(GET, "/screenshot", OneShot::Screenshot, "Take a screenshot of a page"),
        one_shot(POST, "/screenshot", OneShot::Screenshot, "Take a screenshot of a page"),
        one_shot(GET, "/pdf", OneShot::Pdf, "Print a page as PDF"),
        one_shot(POST, "/pdf", OneShot::Pdf, "Print a page as PDF"),
        one_shot(POST, "/content", OneShot::Content, "Read a page's HTML once its scripts have run"),
        one_shot(POST, "/markdown", OneShot::Markdown, "Read a page as Markdown"),
        one_shot(POST, "/links", OneShot::Links, "List a page's links"),
        one_shot(POST, "/scrape", OneShot::Scrape, "Read elements of a page"),
        one_shot(POST, "/snapshot", OneShot::Snapshot, "Read a page as screenshot, HTML, text and metadata in one"),
    ]
}

/// A request that is answered with what a page gave.
fn one_shot(method: Method, path: &'static str, kind: OneShot, summary: &'static str) -> Route {
    let answer =
        move |state: State<Arc<App>>, caller: Caller, request: Request| one_shots::answer(kind, state, caller, request);
    let route = if method == Method::GET {
        Route::new(method, path, RERUN, get(answer), summary)
            .query("url", "the page's address; docs/ONE-SHOTS.md has the other parameters")
    } else {
        Route::new(method, path, RERUN, post(answer), summary).takes("OneShot")
    };
    route
        .header("Prefer", "respond-async: answer 202 with the job at once")
        .answers(200, Content::File)
        .answers(202, Content::Job)
        .fails(&[400, 408, 409, 413, 422, 500, 501, 503, 504])
}
