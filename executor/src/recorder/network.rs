//! What is recorded of Chromium's words about the network. What would let somebody else act as the user is masked here, before
//! anything is written.

use serde_json::Value;

use super::entries::{Answer, Headers, NetworkEntry, Timing};
use super::masks::MASK;

/// The longest address that is kept, in bytes: a `data:` address may be megabytes.
const URL_BYTES: usize = 2000;
/// The longest value of a header.
const HEADER_BYTES: usize = 2000;

/// Returns what an event tells; `None` for one that has no place in a HAR file. `time` makes milliseconds since the job began of
/// Chromium's seconds, `size` counts an answer's bytes; `failure` has a failure in the words of a browser
/// without a proxy.
pub(super) fn entry(
    method: &str,
    params: &Value,
    time: impl Fn(f64) -> f64,
    size: impl Fn(&str) -> u64,
    failure: impl Fn(&str) -> Option<String>,
) -> Option<NetworkEntry> {
    let id = text(&params["requestId"]);
    let at = || time(params["timestamp"].as_f64().unwrap_or_default());
    Some(match method {
        "Network.requestWillBeSent" => {
            let request = &params["request"];
            let redirect = &params["redirectResponse"];
            NetworkEntry::Request {
                id,
                at: at(),
                method: text(&request["method"]),
                url: clipped(&text(&request["url"]), URL_BYTES),
                headers: headers(&request["headers"]),
                kind: text(&params["type"]),
                body: request["postData"].as_str().map_or(0, |body| body.len() as u64),
                redirect: redirect.is_object().then(|| Box::new(answer(redirect, &time))),
            }
        }
        "Network.requestWillBeSentExtraInfo" => {
            NetworkEntry::RequestHeaders { id, headers: headers(&params["headers"]) }
        }
        "Network.responseReceived" => {
            NetworkEntry::Response { id, at: at(), answer: Box::new(answer(&params["response"], &time)) }
        }
        "Network.responseReceivedExtraInfo" => {
            NetworkEntry::ResponseHeaders { id, headers: headers(&params["headers"]) }
        }
        "Network.loadingFinished" => {
            let (size, transferred) = (size(&id), params["encodedDataLength"].as_f64().unwrap_or_default());
            NetworkEntry::Finished { id, at: at(), transferred, size }
        }
        "Network.loadingFailed" => {
            let own = || Some(text(&params["errorText"])).filter(|error| !error.is_empty());
            let error = failure(&id).or_else(own).unwrap_or_else(|| text(&params["blockedReason"]));
            NetworkEntry::Failed { id, at: at(), error }
        }
        _ => return None,
    })
}

fn answer(response: &Value, time: &impl Fn(f64) -> f64) -> Answer {
    let is = |name: &str| response[name] == true;
    let cache = [("fromDiskCache", "disk"), ("fromPrefetchCache", "prefetch"), ("fromServiceWorker", "service worker")];
    let timing = &response["timing"];
    let part = |start: &str, end: &str| [number(&timing[start]), number(&timing[end])];
    Answer {
        status: response["status"].as_i64().unwrap_or_default(),
        text: text(&response["statusText"]),
        protocol: text(&response["protocol"]),
        mime: text(&response["mimeType"]),
        headers: headers(&response["headers"]),
        cache: cache.into_iter().find(|(name, _)| is(name)).map(|(_, cache)| cache.to_owned()),
        transferred: response["encodedDataLength"].as_f64().unwrap_or_default(),
        timing: timing.is_object().then(|| Timing {
            at: time(timing["requestTime"].as_f64().unwrap_or_default()),
            dns: part("dnsStart", "dnsEnd"),
            connect: part("connectStart", "connectEnd"),
            ssl: part("sslStart", "sslEnd"),
            send: part("sendStart", "sendEnd"),
            answered: number(&timing["receiveHeadersEnd"]),
        }),
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(-1.0)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn headers(headers: &Value) -> Headers {
    let headers = headers.as_object().into_iter().flatten();
    headers.filter_map(|(name, value)| Some((name.clone(), masked(name, value.as_str()?)))).collect()
}

/// A header's value as it may be kept.
fn masked(name: &str, value: &str) -> String {
    match name.to_ascii_lowercase().as_str() {
        // The scheme says which kind of secret it is.
        "authorization" | "proxy-authorization" => match value.split_once(' ') {
            Some((scheme, _)) => format!("{} {MASK}", clipped(scheme, 20)),
            None => MASK.to_owned(),
        },
        "x-api-key" | "x-auth-token" | "x-csrf-token" => MASK.to_owned(),
        "cookie" => {
            let names = value.split("; ").map(masked_cookie);
            clipped(&names.collect::<Vec<_>>().join("; "), HEADER_BYTES)
        }
        "set-cookie" => {
            let cookies = value.lines().map(|cookie| match cookie.split_once(';') {
                Some((cookie, attributes)) => format!("{};{attributes}", masked_cookie(cookie)),
                None => masked_cookie(cookie),
            });
            clipped(&cookies.collect::<Vec<_>>().join("\n"), HEADER_BYTES)
        }
        _ => clipped(value, HEADER_BYTES),
    }
}

/// `name=***`.
fn masked_cookie(cookie: &str) -> String {
    match cookie.split_once('=') {
        Some((name, _)) => format!("{name}={MASK}"),
        None => MASK.to_owned(),
    }
}

/// Returns the text, cut to so many bytes.
pub(super) fn clipped(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let end = (0..=most).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    format!("{}…", &text[..end])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{NetworkEntry, entry, masked};

    #[test]
    fn what_lets_somebody_act_as_the_user_is_masked() {
        for (name, value, kept) in [
            ("Authorization", "Basic dTpw", "Basic ***"),
            ("proxy-authorization", "secret", "***"),
            ("cookie", "sid=abc=; theme=dark", "sid=***; theme=***"),
            ("Set-Cookie", "sid=abc; Path=/; HttpOnly\nb=c", "sid=***; Path=/; HttpOnly\nb=***"),
            ("X-API-Key", "k", "***"),
            ("Accept", "text/html", "text/html"),
        ] {
            assert_eq!(masked(name, value), kept);
        }
    }

    #[test]
    fn an_event_of_any_shape_is_taken_as_it_is() {
        let read = |method, params| entry(method, &params, |time| time, |_| 0, |_| None);
        assert!(read("Network.dataReceived", json!({})).is_none());
        for method in [
            "Network.requestWillBeSent",
            "Network.requestWillBeSentExtraInfo",
            "Network.responseReceived",
            "Network.responseReceivedExtraInfo",
            "Network.loadingFinished",
            "Network.loadingFailed",
        ] {
            for params in
                [json!(null), json!({}), json!({"requestId": 5, "request": [], "response": "x", "headers": 1})]
            {
                assert!(read(method, params).is_some(), "{method}");
            }
        }
        let params = json!({"requestId": "1", "timestamp": 2.0, "type": "Document", "request": {
            "method": "GET", "url": "http://h/", "headers": {"Cookie": "a=b"}}});
        let Some(NetworkEntry::Request { at, headers, .. }) = read("Network.requestWillBeSent", params) else {
            panic!("no request");
        };
        assert_eq!((at, headers["Cookie"].as_str()), (2.0, "a=***"));
    }
}
