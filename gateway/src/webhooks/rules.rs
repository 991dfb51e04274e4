//! Checks whether a webhook can be used, so that a client hears of a mistake when it makes the job.

use axum::http::{HeaderName, HeaderValue};
use egress::Target;
use job_model::{Webhook, WebhookEvent};
use url::Url;

use super::signature::Key;

/// The longest URL, in bytes.
const LONGEST_URL: usize = 2048;
/// The most headers.
const MOST_HEADERS: usize = 32;
/// The longest value of a header, in bytes.
const LONGEST_VALUE: usize = 4096;
/// Headers that are the sender's.
const RESERVED: [&str; 11] = [
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Reads everything that a webhook says; `known` are the events that there can be.
///
/// # Errors
/// A sentence that names the field, without what may be a secret.
pub(crate) fn check(webhook: &Webhook, known: &[WebhookEvent]) -> Result<(), String> {
    address(&webhook.url).map_err(|reason| format!("the field \"webhook.url\" {reason}"))?;
    if let Some(event) = webhook.events.iter().flatten().find(|event| !known.contains(event)) {
        let known: Vec<&str> = known.iter().map(|event| event.as_str()).collect();
        return Err(format!("the field \"webhook.events\" has {event}, and there are {} here", known.join(", ")));
    }
    check_headers(webhook).map_err(|reason| format!("the field \"webhook.headers\" {reason}"))?;
    let key = webhook.secret.as_ref().map(Key::read).transpose();
    key.map(drop).map_err(|reason| format!("the field \"webhook.secret\" {reason}"))
}

/// Where a URL leads.
///
/// # Errors
/// What is wrong with it, to follow the name of the field.
pub(super) fn address(url: &str) -> Result<(Url, Target), String> {
    if url.len() > LONGEST_URL {
        return Err(format!("is longer than {LONGEST_URL} bytes"));
    }
    let url = Url::parse(url).map_err(|error| format!("is not an absolute URL: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("has the scheme {:?}: there are http and https", url.scheme()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("has credentials: put them into headers, whose values are not shown".to_owned());
    }
    let (host, port) = (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
    let target = Target::new(host, port).map_err(|error| format!("leads nowhere: {error}"))?;
    Ok((url, target))
}

fn check_headers(webhook: &Webhook) -> Result<(), String> {
    if webhook.headers.len() > MOST_HEADERS {
        return Err(format!("has {} headers: {MOST_HEADERS} are taken", webhook.headers.len()));
    }
    for (name, value) in &webhook.headers {
        let shown: String = name.chars().take(60).collect();
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("has {shown:?}, which is not a name"))?;
        if RESERVED.contains(&key.as_str()) || key.as_str().starts_with("webhook-") {
            return Err(format!("has {shown:?}, which is the sender's"));
        }
        if value.len() > LONGEST_VALUE || HeaderValue::from_str(value).is_err() {
            return Err(format!("has a value for {shown:?} that cannot be sent"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use job_model::{Webhook, WebhookEvent};

    use super::check;

    fn refused(json: &str) -> String {
        let webhook = Webhook::read(&serde_json::from_str(json).unwrap()).unwrap();
        check(&webhook, &WebhookEvent::OF_JOBS).err().unwrap_or_default()
    }

    #[test]
    fn what_cannot_be_sent_is_refused_by_field_and_without_secrets() {
        for (json, expected) in [
            (r#"{"url":"https://a.example/hook","headers":{"Authorization":"Bearer x"}}"#, ""),
            (r#"{"url":"http://[::1]:8080/","events":["job.started"]}"#, ""),
            (r#"{"url":"/hook"}"#, r#"the field "webhook.url" is not an absolute URL"#),
            (r#"{"url":"ftp://a.example"}"#, r#"the field "webhook.url" has the scheme "ftp""#),
            (r#"{"url":"https://u:hunter2@a.example"}"#, r#"the field "webhook.url" has credentials"#),
            (r#"{"url":"https://a.example:0"}"#, r#"the field "webhook.url" leads nowhere"#),
            (r#"{"url":"https://a.example","events":["batch.done"]}"#, r#"the field "webhook.events" has batch.done"#),
            (
                r#"{"url":"https://a.example","headers":{"a b":"hunter2"}}"#,
                r#"the field "webhook.headers" has "a b", which is not a name"#,
            ),
            (
                r#"{"url":"https://a.example","headers":{"Webhook-Id":"hunter2"}}"#,
                r#"the field "webhook.headers" has "Webhook-Id", which is the sender's"#,
            ),
            (
                r#"{"url":"https://a.example","headers":{"a":"hunter2\n"}}"#,
                r#"the field "webhook.headers" has a value for "a" that cannot be sent"#,
            ),
            (r#"{"url":"https://a.example","secret":"hunter2"}"#, r#"the field "webhook.secret" must be whsec_"#),
        ] {
            let refused = refused(json);
            assert!(refused.starts_with(expected) && refused.is_empty() == expected.is_empty(), "{json}: {refused}");
            assert!(!refused.contains("hunter2"), "{refused}");
        }
        assert!(refused(&format!(r#"{{"url":"https://a.example/{}"}}"#, "x".repeat(2048))).contains("is longer"));
    }
}
