//! Jobs, their files and what their webhooks were told.

use axum::extract::DefaultBodyLimit;
use axum::routing::{delete, get, post};

use super::{CANCEL, CREATE, DELETE, DELETE_JOBS, GET, POST, READ, RERUN, WAIT};
use crate::http::route::{Content, Route};
use crate::http::{deliveries, events, files, jobs, lists};

/// Its rows of the table.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(POST, "/jobs", CREATE, post(jobs::create).layer(DefaultBodyLimit::disable()), "Create a job")
            .query("wait", "answer as soon as the job is done, or after so many seconds; needs jobs:read, too")
            .header(
                "Idempotency-Key",
                "1 to 255 characters: a request of the same token and key in the next 24 hours makes no second job and gets the \
                 same answer; 409 when its body differs",
            )
            .takes("NewJob")
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
    ]
}

/// Adds the parameters that say which jobs are meant.
fn filters(route: Route) -> Route {
    route
        .query("status", "only jobs of this status: created, queued or done; empty for all")
        .query(
            "state",
            "only jobs in this state, one of waiting, running, succeeded, failed, cancelled, timed_out, given_up and expired",
        )
        .query("created_from", "only jobs created at this time or later (RFC 3339)")
        .query("created_to", "only jobs created at this time or earlier (RFC 3339)")
        .query("owner", "only jobs that the token of this name made; without jobs:all these are one's own at most")
}

/// The files of a job.
pub(super) fn routes_of_files() -> Vec<Route> {
    vec![
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
    ]
}

/// What a job's webhook was told.
pub(super) fn routes_of_deliveries() -> Vec<Route> {
    vec![
        Route::new(
            GET,
            "/jobs/{uuid}/deliveries",
            READ,
            get(deliveries::list),
            "List what a job's webhook was told, with all attempts",
        )
        .answers(200, Content::Many("Delivery"))
        .fails(&[404, 500, 503]),
        Route::new(
            POST,
            "/jobs/{uuid}/deliveries/{delivery}/redeliver",
            RERUN,
            post(deliveries::redeliver),
            "Tell a job's webhook once more, under the same id",
        )
        .answers(200, Content::One("Delivery"))
        .fails(&[404, 500, 503]),
    ]
}
