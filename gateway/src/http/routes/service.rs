//! What monitoring asks, and the description of the API: open to everybody.

use axum::routing::get;

use super::{GET, OPEN};
use crate::http::route::{Content, Route};
use crate::http::{docs, health, openapi};

/// Its rows of the table.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(GET, "/healthz", OPEN, get(health::alive), "Whether the process answers")
            .answers(200, Content::Text),
        Route::new(GET, "/livez", OPEN, get(health::alive), "Whether the process answers").answers(200, Content::Text),
        Route::new(GET, "/readyz", OPEN, get(health::ready), "Whether database and queue can be used")
            .answers(200, Content::Object)
            .answers(503, Content::Object),
        Route::new(GET, "/metrics", OPEN, get(health::metrics), "What is counted, for Prometheus")
            .answers(200, Content::Text),
        Route::new(GET, "/openapi.json", OPEN, get(openapi::document), "This description, as OpenAPI")
            .answers(200, Content::Object),
        Route::new(GET, "/docs", OPEN, get(docs::page), "This description, to read").answers(200, Content::Html),
    ]
}
