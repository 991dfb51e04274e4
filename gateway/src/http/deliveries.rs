//! The API's verbs on the deliveries of webhooks, those of jobs and those of batches.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::audit::{self, Change};
use super::batches::{self as batch_routes, BatchPath};
use super::caller::Caller;
use super::error::ApiError;
use super::lookup::{self, JobPath, PartPath};
use crate::app::App;
use crate::batches;
use crate::webhooks;

/// `GET /jobs/{uuid}/deliveries`.
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    JobPath(id): JobPath,
) -> Result<Json<Value>, ApiError> {
    let job = lookup::read(&app, &id, &caller.reach()).await?;
    if job.webhook.is_none() {
        return Ok(Json(json!({"data": []})));
    }
    let deliveries = webhooks::of_job(&app, &job).await.map_err(ApiError::records)?;
    Ok(Json(json!({"data": deliveries})))
}

/// `POST /jobs/{uuid}/deliveries/{delivery}/redeliver`.
pub(crate) async fn redeliver(
    State(app): State<Arc<App>>,
    caller: Caller,
    PartPath(id, delivery): PartPath,
) -> Result<Json<Value>, ApiError> {
    let job = lookup::read(&app, &id, &caller.reach()).await?;
    let sent = webhooks::redeliver(&app, &job, &delivery).await.map_err(ApiError::records)?;
    let shown = sent.ok_or(ApiError::DeliveryNotFound { id: delivery })?;
    audit::changed(&caller, Change::Redeliver, &id);
    Ok(Json(json!({"data": shown})))
}

/// `GET /batches/{batch}/deliveries`.
pub(crate) async fn list_of_batch(
    State(app): State<Arc<App>>,
    caller: Caller,
    BatchPath(id): BatchPath,
) -> Result<Json<Value>, ApiError> {
    let found = batches::read(&app, &caller.reach(), &id).await;
    found.map_err(|error| batch_routes::told(&app, error))?;
    let deliveries = webhooks::of_batch(&app, &id).await.map_err(ApiError::records)?;
    Ok(Json(json!({"data": deliveries})))
}

/// `POST /batches/{batch}/deliveries/{delivery}/redeliver`.
pub(crate) async fn redeliver_of_batch(
    State(app): State<Arc<App>>,
    caller: Caller,
    PartPath(id, delivery): PartPath,
) -> Result<Json<Value>, ApiError> {
    let found = batches::read(&app, &caller.reach(), id.as_str()).await;
    found.map_err(|error| batch_routes::told(&app, error))?;
    let sent = webhooks::redeliver_of_batch(&app, id.as_str(), &delivery).await.map_err(ApiError::records)?;
    let shown = sent.ok_or(ApiError::DeliveryNotFound { id: delivery })?;
    audit::named(&caller, "redeliver", "batch", id.as_str());
    Ok(Json(json!({"data": shown})))
}
