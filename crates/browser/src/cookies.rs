//! The cookies that a page sees: reading, setting, deleting.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use url::Url;

use crate::dialect::Dialect;
use crate::error::Error;
use crate::session::Session;

/// The page whose cookies are meant.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The page's session.
    pub session: &'a Session,
    /// Where the page is.
    pub url: &'a str,
    /// Whose words and ways hold.
    pub dialect: Dialect,
}

/// A cookie that the browser has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cookie {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// The host, with a dot before it when subdomains see it, too.
    pub domain: String,
    /// The path that it is sent to.
    pub path: String,
    /// Seconds since 1970; −1 for a session's cookie.
    pub expires: f64,
    /// Bytes of name and value.
    pub size: i64,
    /// Whether scripts cannot see it.
    pub http_only: bool,
    /// Whether only HTTPS carries it.
    pub secure: bool,
    /// Whether it ends with the browser.
    pub session: bool,
    /// `Strict`, `Lax` or `None`, when the server said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_site: Option<String>,
    /// What newer Chromiums tell besides, under the protocol's names.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// Reads the cookies that these addresses would be sent; of the page's own address when there are none.
///
/// # Errors
/// What the protocol refuses.
pub async fn get_cookies(place: Place<'_>, urls: Vec<String>) -> Result<Vec<Cookie>, Error> {
    let urls = if urls.is_empty() { vec![place.url.to_owned()] } else { urls };
    let mut answer = place.session.send_raw("Network.getCookies", json!({"urls": urls})).await?;
    serde_json::from_value(answer["cookies"].take())
        .map_err(|error| Error::message(format!("unreadable cookies: {error}")))
}

/// Sets cookies, given under Puppeteer's names. One without `url` belongs to the page's address.
///
/// # Errors
/// [`Error::BlankPageCookie`], [`Error::DataPageCookie`], and what the protocol refuses, among it a cookie with
/// neither `url` nor `domain`.
pub async fn set_cookies(place: Place<'_>, cookies: Vec<Map<String, Value>>) -> Result<(), Error> {
    let cookies = cookies
        .into_iter()
        .map(|cookie| {
            let cookie = at_page(cookie, place.url);
            let name = || cookie.get("name").and_then(Value::as_str).unwrap_or("undefined").to_owned();
            match cookie.get("url").and_then(Value::as_str) {
                Some("about:blank") => Err(Error::BlankPageCookie(name())),
                Some(url) if url.starts_with("data:") => Err(Error::DataPageCookie(name())),
                _ => Ok(cookie),
            }
        })
        .collect::<Result<Vec<_>, _>>()?;
    // A cookie of the same name would stay beside the new one where path or domain differ.
    delete_cookies(place, cookies.clone()).await?;
    if !cookies.is_empty() {
        place.session.send_raw("Network.setCookies", json!({"cookies": cookies})).await?;
    }
    Ok(())
}

/// Deletes cookies by name and, where given, `url`, `domain`, `path` and `partitionKey`. Newer Puppeteers take one without partition
/// for the one of the page's own partition, too.
///
/// # Errors
/// What the protocol refuses.
pub async fn delete_cookies(place: Place<'_>, cookies: Vec<Map<String, Value>>) -> Result<(), Error> {
    const SELECTS: [&str; 5] = ["name", "url", "domain", "path", "partitionKey"];
    let partition = site_of(place.url).filter(|_| place.dialect.is_modern());
    let mut deletions = Vec::new();
    let mut delete = |cookie| deletions.push(place.session.send_raw("Network.deleteCookies", Value::Object(cookie)));
    for cookie in cookies {
        let mut cookie = at_page(cookie, place.url);
        cookie.retain(|name, _| SELECTS.contains(&name.as_str()));
        let partitioned = partition.as_ref().filter(|_| !cookie.contains_key("partitionKey")).map(|site| {
            let mut cookie = cookie.clone();
            cookie.insert("partitionKey".to_owned(), json!({"topLevelSite": site, "hasCrossSiteAncestor": false}));
            cookie
        });
        delete(cookie);
        partitioned.into_iter().for_each(&mut delete);
    }
    futures::future::try_join_all(deletions).await?;
    Ok(())
}

/// Scheme and host of a page that can have cookies.
fn site_of(page_url: &str) -> Option<String> {
    let url = Url::parse(page_url).ok().filter(|url| url.scheme().starts_with("http"))?;
    Some(format!("{}://{}", url.scheme(), url.host_str()?))
}

/// With the page's address when it has none of its own and the page can have cookies.
fn at_page(mut cookie: Map<String, Value>, page_url: &str) -> Map<String, Value> {
    let has_url = cookie.get("url").and_then(Value::as_str).is_some_and(|url| !url.is_empty());
    if !has_url {
        cookie.remove("url");
        if page_url.starts_with("http") {
            cookie.insert("url".to_owned(), page_url.into());
        }
    }
    cookie
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url_of(cookie: Value, page_url: &str) -> Option<String> {
        let Value::Object(cookie) = cookie else { panic!("an object") };
        at_page(cookie, page_url).get("url").and_then(Value::as_str).map(str::to_owned)
    }

    #[test]
    fn a_cookie_without_address_belongs_to_the_page() {
        assert_eq!(url_of(json!({"name": "a"}), "http://b/").as_deref(), Some("http://b/"));
        assert_eq!(url_of(json!({"name": "a", "url": "http://c/"}), "http://b/").as_deref(), Some("http://c/"));
        assert_eq!(url_of(json!({"name": "a", "url": null}), "about:blank"), None);
    }

    #[test]
    fn a_partition_is_named_without_port() {
        assert_eq!(site_of("https://a.example:8443/b").as_deref(), Some("https://a.example"));
        assert_eq!((site_of("about:blank"), site_of("data:,x")), (None, None));
    }

    #[test]
    fn a_cookie_reads_back_with_what_newer_chromiums_tell() {
        let told = json!({
            "name": "a", "value": "b", "domain": "localhost", "path": "/", "expires": -1.0, "size": 2,
            "httpOnly": false, "secure": false, "session": true, "priority": "Medium", "sourcePort": 80,
        });
        let cookie: Cookie = serde_json::from_value(told.clone()).expect("a cookie");
        assert_eq!((cookie.same_site.as_ref(), cookie.more["priority"].as_str()), (None, Some("Medium")));
        assert_eq!(serde_json::to_value(cookie).expect("JSON"), told);
    }
}
