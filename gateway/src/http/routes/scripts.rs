//! Scripts, and the jobs that run them.

use axum::routing::{delete, get, post, put};

use super::{CREATE, DELETE, DELETE_JOBS, GET, POST, PUT, READ, paged};
use crate::http::route::{Content, Route};
use crate::http::scripts;

/// Its rows of the table.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(PUT, "/scripts/{name}", CREATE, put(scripts::put), "Store a new version of a script")
            .takes("NewScript")
            .answers(200, Content::One("Script"))
            .answers(201, Content::One("Script"))
            .fails(&[400, 408, 409, 413, 503]),
        paged(Route::new(GET, "/scripts", READ, get(scripts::list), "List scripts by their names"))
            .answers(200, Content::Many("Script"))
            .fails(&[400, 503]),
        Route::new(GET, "/scripts/{name}", READ, get(scripts::read), "Read a version of a script")
            .query("version", "which version; the latest when absent")
            .answers(200, Content::One("Script"))
            .fails(&[400, 404, 503]),
        Route::new(
            DELETE,
            "/scripts/{name}",
            DELETE_JOBS,
            delete(scripts::delete),
            "Delete a script with its versions",
        )
        .answers(204, Content::Nothing)
        .fails(&[400, 404, 503]),
        Route::new(POST, "/scripts/{name}/jobs", CREATE, post(scripts::create_job), "Run a script as a job")
            .query("version", "which version; the latest when absent")
            .query("wait", "answer as soon as the job is done, or after so many seconds; needs jobs:read, too")
            .takes("NewScriptJob")
            .answers(201, Content::Job)
            .fails(&[400, 404, 408, 409, 413, 422, 500, 503]),
    ]
}
