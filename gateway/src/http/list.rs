//! The list of jobs: which page is asked for, and how it is described.

use axum::http::header::HOST;
use axum::http::{HeaderMap, Uri};
use job_model::{JobState, JobStatus, Timestamp, TokenName};
use job_store::{JobFilter, ListQuery};
use serde::Serialize;
use url::form_urlencoded;

use super::error::ApiError;
use crate::tokens::Reach;

/// Jobs on a page when the client does not say.
const PER_PAGE: u32 = 10;
/// The most jobs on a page: each may be as large as the database takes.
pub(crate) const MAX_PER_PAGE: u32 = 1000;

/// How much of each job a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    /// All of it.
    Full,
    /// All but code, vars, modules, logs and results, with the beginning of its error.
    Summary,
}

/// The page that a query asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PageQuery {
    page: u32,
    per_page: u32,
    view: View,
    filter: FilterQuery,
}

/// Which jobs a query means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FilterQuery {
    /// As given, in the order of [`FILTERS`]; empty for all.
    texts: [String; FILTERS.len()],
    state: Option<JobState>,
    created_from: Option<Timestamp>,
    created_to: Option<Timestamp>,
    owner: Option<TokenName>,
}

/// The parameters that say which jobs are meant.
pub(crate) const FILTERS: [&str; 5] = ["status", "state", "created_from", "created_to", "owner"];

/// The first value of a parameter; one that is empty counts as absent.
fn value(query: &str, name: &str) -> String {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// Whether a query says nothing but filters, each once and none of them empty: a slip of the pen widens what is meant.
pub(crate) fn is_exact(query: &str) -> bool {
    let mut seen = Vec::new();
    form_urlencoded::parse(query.as_bytes()).all(|(name, value)| {
        let fits = FILTERS.contains(&&*name) && !value.is_empty() && !seen.contains(&name);
        seen.push(name);
        fits
    })
}

impl FilterQuery {
    /// Reads the parameters of [`FILTERS`].
    pub(crate) fn parse(query: &str) -> Result<Self, ApiError> {
        // Of the predecessor's parameter the first counts, as it did there.
        for name in FILTERS.into_iter().filter(|name| *name != "status") {
            if form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name).count() > 1 {
                let reason = "it is given more than once, and one value is taken".to_owned();
                return Err(ApiError::Query { name, reason });
            }
        }
        let texts = FILTERS.map(|name| value(query, name));
        let [_, state, from, to, owner] = &texts;
        let time = |name: &'static str, text: &str| {
            let parsed = (!text.is_empty()).then(|| Timestamp::parse(text)).transpose();
            parsed.map_err(|error| ApiError::Query { name, reason: error.to_string() })
        };
        let state = if state.is_empty() {
            None
        } else {
            let names = JobState::ALL.map(JobState::as_str).join(", ");
            let reason = format!("{state:?} is not one of {names}");
            Some(JobState::parse(state).ok_or(ApiError::Query { name: "state", reason })?)
        };
        let (created_from, created_to) = (time("created_from", from)?, time("created_to", to)?);
        let owner = (!owner.is_empty()).then(|| TokenName::parse(owner)).transpose();
        let owner = owner.map_err(|error| ApiError::Query { name: "owner", reason: error.to_string() })?;
        Ok(Self { state, created_from, created_to, owner, texts })
    }

    /// Whether it says anything.
    pub(crate) fn is_given(&self) -> bool {
        self.texts.iter().any(|text| !text.is_empty())
    }

    /// What to ask the store for on behalf of somebody with this reach; `None` when no job can be meant.
    pub(crate) fn to_store(&self, reach: &Reach) -> Option<JobFilter> {
        let [status, ..] = &self.texts;
        let status = if status.is_empty() { None } else { Some(JobStatus::parse(status)?) };
        let owner = match reach {
            Reach::All => self.owner.clone(),
            Reach::Own(name) if self.owner.as_ref().is_none_or(|owner| owner == name) => Some(name.clone()),
            Reach::Own(_) => return None,
        };
        let Self { state, created_from, created_to, .. } = *self;
        Some(JobFilter { owner, status, state, created_from, created_to })
    }
}

impl PageQuery {
    /// Reads `page`, `per_page`, `view` and the filters. Of a repeated parameter of the predecessor's the first counts, an
    /// empty one counts as absent.
    pub(crate) fn parse(query: &str) -> Result<Self, ApiError> {
        let number = |name: &'static str, default: u32| {
            let text = value(query, name);
            let number = if text.is_empty() { Some(default) } else { text.parse().ok().filter(|number| *number > 0) };
            number.ok_or_else(|| ApiError::Query { name, reason: format!("{text:?} is not a number from 1") })
        };
        let per_page = number("per_page", PER_PAGE)?;
        if per_page > MAX_PER_PAGE {
            let reason = format!("{per_page} is more than {MAX_PER_PAGE}");
            return Err(ApiError::Query { name: "per_page", reason });
        }
        let view = match value(query, "view").as_str() {
            "" | "full" => View::Full,
            "summary" => View::Summary,
            other => {
                return Err(ApiError::Query { name: "view", reason: format!("{other:?} is not full or summary") });
            }
        };
        Ok(Self { page: number("page", 1)?, per_page, view, filter: FilterQuery::parse(query)? })
    }

    /// How much of each job is wanted.
    pub(crate) fn view(&self) -> View {
        self.view
    }

    /// Whether jobs of this status are asked for.
    pub(crate) fn has_status(&self, status: JobStatus) -> bool {
        self.filter.texts[0].is_empty() || JobStatus::parse(&self.filter.texts[0]) == Some(status)
    }

    /// What to ask the store for on behalf of somebody with this reach; `None` when no job can be meant.
    pub(crate) fn to_store(&self, reach: &Reach) -> Option<ListQuery> {
        let skip = u64::from(self.page - 1) * u64::from(self.per_page);
        Some(ListQuery { filter: self.filter.to_store(reach)?, skip, limit: self.per_page.into() })
    }

    /// Where a page stands that shows so many jobs of so many.
    pub(crate) fn describe(&self, shown: u64, total: u64, path: String) -> Standing {
        let last_page = total.div_ceil(self.per_page.into()).max(1);
        let url = |number: u64| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            for (name, text) in FILTERS.iter().zip(&self.filter.texts).filter(|(_, text)| !text.is_empty()) {
                query.append_pair(name, text);
            }
            if self.view == View::Summary {
                query.append_pair("view", "summary");
            }
            query.append_pair("page", &number.to_string()).append_pair("per_page", &self.per_page.to_string());
            format!("{path}?{}", query.finish())
        };
        let current = u64::from(self.page);
        let links = Links {
            first: url(1),
            last: url(last_page),
            prev: (current > 1).then(|| url(current - 1)),
            next: (current < last_page).then(|| url(current + 1)),
        };
        let from = (shown > 0).then(|| (current - 1) * u64::from(self.per_page) + 1);
        let to = from.map(|from| from + shown - 1);
        let meta = Meta { current_page: current, from, last_page, path, per_page: self.per_page, to, total };
        Standing { links, meta }
    }
}

/// Where a page stands: what a list says beside its jobs.
#[derive(Debug, Serialize)]
pub(crate) struct Standing {
    pub(crate) links: Links,
    pub(crate) meta: Meta,
}

#[derive(Debug, Serialize)]
pub(crate) struct Links {
    first: String,
    last: String,
    prev: Option<String>,
    next: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Meta {
    current_page: u64,
    from: Option<u64>,
    last_page: u64,
    path: String,
    per_page: u32,
    to: Option<u64>,
    total: u64,
}

/// The request's URL without its query, as the client sees it; only the path when the client names no host.
pub(crate) fn own_url(uri: &Uri, headers: &HeaderMap) -> String {
    format!("{}{}", origin(uri, headers).unwrap_or_default(), uri.path())
}

/// Scheme and host of this gateway, as the client sees them; `None` when the client names no plain host.
pub(crate) fn origin(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let scheme = header("x-forwarded-proto").filter(|scheme| *scheme == "https").unwrap_or("http");
    let host = uri.authority().map(|authority| authority.as_str()).or_else(|| header(HOST.as_str()))?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte);
    (!host.is_empty() && host.bytes().all(plain)).then(|| format!("{scheme}://{host}"))
}

#[cfg(test)]
mod tests {
    use job_model::{JobState, TokenName};

    use super::{PageQuery, Reach};
    use crate::http::error::ApiError;

    fn described(query: &str, total: u64) -> serde_json::Value {
        let standing = PageQuery::parse(query).unwrap().describe(0, total, "http://h/jobs".to_owned());
        serde_json::to_value(standing).unwrap()
    }

    #[test]
    fn filters_are_read_and_a_wrong_one_is_named() {
        let query = "state=timed_out&created_from=2020-01-01T00:00:00Z&created_to=2021-01-01T01:00:00%2B01:00";
        let filter = PageQuery::parse(query).unwrap().to_store(&Reach::All).unwrap().filter;
        assert_eq!(filter.state, Some(JobState::TimedOut));
        assert_eq!(filter.created_from.unwrap().to_whole_seconds(), "2020-01-01T00:00:00Z");
        assert_eq!(filter.created_to.unwrap().to_whole_seconds(), "2021-01-01T00:00:00Z");
        for (query, wrong) in [
            ("state=done", "state"),
            ("state=failed&state=cancelled", "state"),
            ("created_to=2020-01-01T00:00:00Z&created_to=2021-01-01T00:00:00Z", "created_to"),
            ("created_from=yesterday", "created_from"),
            ("created_to=2020-01-01", "created_to"),
            ("view=short", "view"),
            ("owner=a:b", "owner"),
        ] {
            let Err(ApiError::Query { name, .. }) = PageQuery::parse(query) else { panic!("{query} is taken") };
            assert_eq!(name, wrong);
        }
    }

    #[test]
    fn links_keep_the_question() {
        let list = described("view=summary&state=failed", 1);
        assert_eq!(list["links"]["first"], "http://h/jobs?state=failed&view=summary&page=1&per_page=10");
        let list = described("page=2&per_page=3&status=done", 7);
        assert_eq!(list["links"]["first"], "http://h/jobs?status=done&page=1&per_page=3");
        assert_eq!(list["links"]["prev"], "http://h/jobs?status=done&page=1&per_page=3");
        assert_eq!(list["links"]["next"], "http://h/jobs?status=done&page=3&per_page=3");
        assert_eq!(list["links"]["last"], "http://h/jobs?status=done&page=3&per_page=3");
    }

    #[test]
    fn an_empty_list_has_one_page_and_no_neighbours() {
        let list = described("", 0);
        assert_eq!(list["links"]["prev"], serde_json::Value::Null);
        assert_eq!(list["links"]["next"], serde_json::Value::Null);
        let meta = serde_json::json!({"current_page": 1, "from": null, "last_page": 1, "path": "http://h/jobs",
            "per_page": 10, "to": null, "total": 0});
        assert_eq!(list["meta"], meta);
    }

    #[test]
    fn only_numbers_from_one_are_pages() {
        for query in ["page=0", "page=-1", "page=abc", "per_page=1.5", "per_page=1001", "page=99999999999999999999"] {
            assert!(PageQuery::parse(query).is_err(), "{query}");
        }
        for query in ["page=", "page=01", "PER_PAGE=x", "status=foo", "foo=1"] {
            assert!(PageQuery::parse(query).is_ok(), "{query}");
        }
        assert_eq!(PageQuery::parse("status=foo").unwrap().to_store(&Reach::All), None);
    }

    #[test]
    fn nobody_lists_further_than_the_token_reaches() {
        let alice = Reach::Own(TokenName::parse("alice").unwrap());
        let owner = |query: &str, reach| {
            let wanted = PageQuery::parse(query).unwrap().to_store(reach);
            wanted.map(|query| query.filter.owner.map(|owner| owner.to_string()))
        };
        assert_eq!(owner("", &Reach::All), Some(None));
        assert_eq!(owner("owner=bob", &Reach::All), Some(Some("bob".to_owned())));
        assert_eq!(owner("state=failed", &alice), Some(Some("alice".to_owned())));
        assert_eq!(owner("owner=alice", &alice), Some(Some("alice".to_owned())));
        assert_eq!(owner("owner=bob", &alice), None);
    }
}
