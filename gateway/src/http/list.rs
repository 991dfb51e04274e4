//! The list of jobs: which page is asked for, and how it is described.

use axum::http::header::HOST;
use axum::http::{HeaderMap, Uri};
use job_model::{Job, JobStatus};
use job_store::{JobFilter, ListQuery};
use serde::Serialize;
use url::form_urlencoded;

use super::error::ApiError;

/// Jobs on a page when the client does not say.
const PER_PAGE: u32 = 10;
/// The most jobs on a page: each may be as large as the database takes.
const MAX_PER_PAGE: u32 = 1000;

/// The page that a query asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PageQuery {
    page: u32,
    per_page: u32,
    /// As given; empty for all.
    status: String,
}

impl PageQuery {
    /// Reads `page`, `per_page` and `status`; of a repeated parameter the first counts, an empty one counts as absent.
    pub(crate) fn parse(query: &str) -> Result<Self, ApiError> {
        let value = |name: &str| {
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
        };
        let number = |name: &'static str, default: u32| {
            let text = value(name);
            let number = if text.is_empty() { Some(default) } else { text.parse().ok().filter(|number| *number > 0) };
            number.ok_or_else(|| ApiError::Query { name, reason: format!("{text:?} is not a number from 1") })
        };
        let per_page = number("per_page", PER_PAGE)?;
        if per_page > MAX_PER_PAGE {
            let reason = format!("{per_page} is more than {MAX_PER_PAGE}");
            return Err(ApiError::Query { name: "per_page", reason });
        }
        Ok(Self { page: number("page", 1)?, per_page, status: value("status") })
    }

    /// What to ask the store for; `None` when no job can be in that state.
    pub(crate) fn to_store(&self) -> Option<ListQuery> {
        let status = if self.status.is_empty() { None } else { Some(JobStatus::parse(&self.status)?) };
        let skip = u64::from(self.page - 1) * u64::from(self.per_page);
        Some(ListQuery { filter: JobFilter { status, ..JobFilter::ALL }, skip, limit: self.per_page.into() })
    }

    /// The answer for a page of a list that has `total` jobs.
    pub(crate) fn describe(&self, jobs: Vec<Job>, total: u64, path: String) -> JobList {
        let last_page = total.div_ceil(self.per_page.into()).max(1);
        let url = |number: u64| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            if !self.status.is_empty() {
                query.append_pair("status", &self.status);
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
        let shown = jobs.len() as u64;
        let from = (shown > 0).then(|| (current - 1) * u64::from(self.per_page) + 1);
        let to = from.map(|from| from + shown - 1);
        let per_page = self.per_page;
        let meta = Meta { current_page: current, from, last_page, path, per_page, to, total };
        JobList { data: jobs.into_iter().map(Job::published).collect(), links, meta }
    }
}

/// A page of jobs with where it stands.
#[derive(Debug, Serialize)]
pub(crate) struct JobList {
    data: Vec<Job>,
    links: Links,
    meta: Meta,
}

#[derive(Debug, Serialize)]
struct Links {
    first: String,
    last: String,
    prev: Option<String>,
    next: Option<String>,
}

#[derive(Debug, Serialize)]
struct Meta {
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
    use super::PageQuery;

    fn described(query: &str, total: u64) -> serde_json::Value {
        let list = PageQuery::parse(query).unwrap().describe(Vec::new(), total, "http://h/jobs".to_owned());
        serde_json::to_value(list).unwrap()
    }

    #[test]
    fn links_keep_the_question() {
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
        assert_eq!(PageQuery::parse("status=foo").unwrap().to_store(), None);
    }
}
