//! Ops of URL and URLSearchParams.

use std::rc::Rc;

use rquickjs as js;
use serde_json::json;
use url::{Url, form_urlencoded, quirks};

use super::registry::Registry;
use crate::error::OpError;
use crate::scope::Scope;

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("url_parse", parse)?;
    ops.sync("url_set", set)?;
    ops.sync("query_parse", query_parse)?;
    ops.sync("query_text", query_text)
}

/// All parts of a URL, or null when it is none.
fn parse(_: &Rc<Scope>, (text, base): (String, Option<String>)) -> Result<serde_json::Value, OpError> {
    let base = match base.map(|base| Url::parse(&base)) {
        Some(Err(_)) => return Ok(serde_json::Value::Null),
        Some(Ok(base)) => Some(base),
        None => None,
    };
    Ok(Url::options().base_url(base.as_ref()).parse(&text).map(|url| parts(&url)).unwrap_or_default())
}

/// The parts after one was changed; a value that does not fit changes nothing.
fn set(_: &Rc<Scope>, (href, part, value): (String, String, String)) -> Result<serde_json::Value, OpError> {
    let mut url = Url::parse(&href).map_err(|_| OpError::type_error("Invalid URL"))?;
    let _ = match part.as_str() {
        "protocol" => quirks::set_protocol(&mut url, &value),
        "username" => quirks::set_username(&mut url, &value),
        "password" => quirks::set_password(&mut url, &value),
        "host" => quirks::set_host(&mut url, &value),
        "hostname" => quirks::set_hostname(&mut url, &value),
        "port" => quirks::set_port(&mut url, &value),
        "pathname" => {
            quirks::set_pathname(&mut url, &value);
            Ok(())
        }
        "search" => {
            quirks::set_search(&mut url, &value);
            Ok(())
        }
        _ => {
            quirks::set_hash(&mut url, &value);
            Ok(())
        }
    };
    Ok(parts(&url))
}

fn parts(url: &Url) -> serde_json::Value {
    json!({
        "href": quirks::href(url), "origin": quirks::origin(url), "protocol": quirks::protocol(url),
        "username": quirks::username(url), "password": quirks::password(url), "host": quirks::host(url),
        "hostname": quirks::hostname(url), "port": quirks::port(url), "pathname": quirks::pathname(url),
        "search": quirks::search(url), "hash": quirks::hash(url),
    })
}

/// The names and values, one after the other.
fn query_parse(_: &Rc<Scope>, (text,): (String,)) -> Result<Vec<String>, OpError> {
    let text = text.strip_prefix('?').unwrap_or(&text);
    let pairs = form_urlencoded::parse(text.as_bytes());
    Ok(pairs.flat_map(|(name, value)| [name.into_owned(), value.into_owned()]).collect())
}

fn query_text(_: &Rc<Scope>, (flat,): (Vec<String>,)) -> Result<String, OpError> {
    let mut text = form_urlencoded::Serializer::new(String::new());
    for pair in flat.chunks_exact(2) {
        text.append_pair(&pair[0], &pair[1]);
    }
    Ok(text.finish())
}
