//! Schedules.

use axum::routing::{delete, get, post, put};

use super::{CREATE, DELETE, DELETE_JOBS, GET, POST, PUT, READ, paged};
use crate::http::route::{Content, Route};
use crate::http::schedules;

/// Its rows of the table.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(PUT, "/schedules/{name}", CREATE, put(schedules::put), "Make a schedule, or change it")
            .takes("NewSchedule")
            .answers(200, Content::One("Schedule"))
            .answers(201, Content::One("Schedule"))
            .fails(&[400, 404, 408, 409, 413, 422, 503]),
        paged(Route::new(GET, "/schedules", READ, get(schedules::list), "List schedules by their names"))
            .answers(200, Content::Many("Schedule"))
            .fails(&[400, 503]),
        Route::new(
            GET,
            "/schedules/{name}",
            READ,
            get(schedules::read),
            "Read a schedule with its next times and its last runs",
        )
        .answers(200, Content::One("Schedule"))
        .fails(&[400, 404, 503]),
        Route::new(
            DELETE,
            "/schedules/{name}",
            DELETE_JOBS,
            delete(schedules::delete),
            "Delete a schedule, not its jobs",
        )
        .answers(204, Content::Nothing)
        .fails(&[400, 404, 503]),
        Route::new(POST, "/schedules/{name}/pause", CREATE, post(schedules::pause), "Let a schedule rest")
            .answers(200, Content::One("Schedule"))
            .fails(&[400, 404, 503]),
        Route::new(POST, "/schedules/{name}/resume", CREATE, post(schedules::resume), "Let a schedule go on")
            .answers(200, Content::One("Schedule"))
            .fails(&[400, 404, 503]),
    ]
}
