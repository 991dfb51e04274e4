//! Gateways and executors.

use axum::routing::{delete, get, post};

use super::{ADMIN, DELETE, DRAIN, GET, POST};
use crate::http::fleet;
use crate::http::route::{Content, Route};

/// Its rows of the table.
pub(super) fn routes() -> Vec<Route> {
    vec![
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
    ]
}
