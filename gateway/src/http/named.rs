//! What the routes of scripts, schedules and batches share: names in paths, pages of lists, bodies.

use axum::extract::{FromRequestParts, Path, Request};
use axum::http::request::Parts;
use job_store::records::RecordError;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::body;
use super::error::ApiError;
use crate::app::App;
use crate::records::names;

/// Entries on a page when the client does not say.
const PER_PAGE: usize = 50;
/// The most entries on a page.
pub(crate) const MAX_PER_PAGE: usize = 500;

/// The script or schedule that a path names.
pub(crate) struct NamePath(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for NamePath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let name = Path::<String>::from_request_parts(parts, state).await.map(|Path(name)| name).unwrap_or_default();
        names::check(&name).map(|()| Self(name)).map_err(|reason| ApiError::Request { reason })
    }
}

/// Which page of a list is asked for: `after` and `per_page`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) after: Option<String>,
    pub(crate) per_page: usize,
}

impl Page {
    /// Reads the parameters.
    pub(crate) fn parse(query: Option<&str>) -> Result<Self, ApiError> {
        let after = parameter(query, "after");
        let Some(text) = parameter(query, "per_page") else { return Ok(Self { after, per_page: PER_PAGE }) };
        let number = text.parse().ok().filter(|number| (1..=MAX_PER_PAGE).contains(number));
        let reason = || format!("{text:?} is not a number from 1 to {MAX_PER_PAGE}");
        let per_page = number.ok_or_else(|| ApiError::Query { name: "per_page", reason: reason() })?;
        Ok(Self { after, per_page })
    }
}

/// The first value of a parameter; one that is empty counts as absent.
pub(crate) fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).filter(|value| !value.is_empty())
}

/// A version that a query names.
pub(crate) fn version(query: Option<&str>) -> Result<Option<u32>, ApiError> {
    let Some(text) = parameter(query, "version") else { return Ok(None) };
    let number = text.parse().ok().filter(|number| *number > 0);
    let reason = || format!("{text:?} is not a number from 1");
    number.map(Some).ok_or_else(|| ApiError::Query { name: "version", reason: reason() })
}

/// The body as the members that are known here. Another member is refused by its name, with the one that may be meant.
pub(crate) async fn members<T: DeserializeOwned>(
    request: Request,
    app: &App,
    known: &[&'static str],
) -> Result<T, ApiError> {
    let body = body::read(request, app).await?;
    body::check_depth(body.bytes())?;
    let refused = |reason: String| ApiError::Request { reason };
    let text = std::str::from_utf8(body.bytes()).map_err(|error| refused(error.to_string()))?;
    let text = json_text::without_lone_surrogates(text);
    let value: Value =
        serde_json::from_str(&text).map_err(|error| refused(format!("the body is not JSON: {error}")))?;
    let Value::Object(map) = &value else { return Err(refused("the body is not a JSON object".to_owned())) };
    self::known("", map, known).map_err(refused)?;
    serde_path_to_error::deserialize(value).map_err(|error| {
        // A member that is missing is named by what is said of it.
        let path = error.path().to_string();
        let (within, text) = (path.trim_matches('.'), error.into_inner().to_string());
        let names_it = within.is_empty() || text.starts_with("the field");
        refused(if names_it { text } else { format!("the field {within:?}: {text}") })
    })
}

/// Refuses a member that is not known by a sentence with the one that may be meant. `within` stands in front of both, such as
/// `batch.`.
pub(crate) fn known(within: &str, members: &Map<String, Value>, known: &[&str]) -> Result<(), String> {
    let Some(name) = members.keys().find(|name| !known.contains(&name.as_str())) else { return Ok(()) };
    let near = job_model::near_name(name, known.iter().copied(), 2);
    let near = near.map(|near| format!(", did you mean \"{within}{near}\"")).unwrap_or_default();
    let name = format!("{within}{name}");
    Err(format!("the field {name:?} is not known{near}"))
}

/// The answer when a record could not be read or written.
pub(crate) fn failed(app: &App, failed: &'static str, source: RecordError) -> ApiError {
    match source {
        RecordError::TooLarge { size, limit, .. } => ApiError::TooLarge { size: Some(size), limit },
        source => {
            app.metrics.store_errors.inc();
            tracing::warn!("{failed}");
            ApiError::Records { source }
        }
    }
}
