//! Batches, and what their webhooks were told.

use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use super::{CANCEL, CREATE, GET, POST, READ, RERUN, paged};
use crate::http::route::{Content, Route};
use crate::http::{batches, deliveries};

/// Its rows of the table.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            POST,
            "/batches",
            CREATE,
            post(batches::create).layer(DefaultBodyLimit::disable()),
            "Make many jobs: rows of NDJSON, or the elements of an array",
        )
        .takes("NewBatch")
        .answers(201, Content::One("Batch"))
        .fails(&[400, 409, 422, 500, 503]),
        paged(Route::new(
            GET,
            "/batches",
            READ,
            get(batches::list),
            "List batches, the latest first unless their ids were chosen",
        ))
        .answers(200, Content::Many("Batch"))
        .fails(&[400, 500, 503]),
        Route::new(GET, "/batches/{batch}", READ, get(batches::read), "Read how far a batch is")
            .answers(200, Content::One("Batch"))
            .fails(&[404, 500, 503]),
        paged(Route::new(GET, "/batches/{batch}/jobs", READ, get(batches::list_jobs), "List the jobs of a batch"))
            .query("state", "only jobs in this state")
            .answers(200, Content::Many("Job"))
            .fails(&[400, 404, 500, 503]),
        Route::new(
            POST,
            "/batches/{batch}/cancel",
            CANCEL,
            post(batches::cancel),
            "Cancel the jobs of a batch that are not done",
        )
        .answers(202, Content::One("Batch"))
        .fails(&[404, 500, 503]),
        Route::new(
            POST,
            "/batches/{batch}/rerun",
            RERUN,
            post(batches::rerun),
            "Run those jobs of a batch again that did not succeed, as a new batch",
        )
        .answers(202, Content::One("Batch"))
        .fails(&[404, 409, 500, 503]),
        Route::new(
            GET,
            "/batches/{batch}/deliveries",
            READ,
            get(deliveries::list_of_batch),
            "List what a batch's webhook was told, with all attempts",
        )
        .answers(200, Content::Many("Delivery"))
        .fails(&[404, 503]),
        Route::new(
            POST,
            "/batches/{batch}/deliveries/{delivery}/redeliver",
            RERUN,
            post(deliveries::redeliver_of_batch),
            "Tell a batch's webhook once more, under the same id",
        )
        .answers(200, Content::One("Delivery"))
        .fails(&[404, 503]),
    ]
}
