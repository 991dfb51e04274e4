//! Forms: `application/x-www-form-urlencoded` and `multipart/form-data`.

use std::borrow::Cow;

use url::form_urlencoded::parse;

use super::MASK;
use super::secret_names::is_secret;

/// Tells whether a text is a form's, whatever its type says: pages send forms as plain text, too.
pub(super) fn looks_like_form(text: &str) -> bool {
    text.contains('=') && !text.starts_with(['{', '[', '<', '"']) && !text.contains(char::is_whitespace)
}

/// A field's text of `application/x-www-form-urlencoded`.
pub(super) fn decoded(text: &str) -> String {
    let mut pairs = parse(text.as_bytes());
    pairs
        .next()
        .map(|(name, value)| if value.is_empty() { name.into_owned() } else { format!("{name}={value}") })
        .unwrap_or_default()
}

/// `multipart/form-data` without the contents of the parts whose names say that they are secret.
pub(super) fn mask_parts(body: &str) -> String {
    let Some(boundary) = body.lines().next().filter(|line| line.starts_with("--")) else { return body.to_owned() };
    let parts = body.split(boundary).map(|part| {
        let Some((head, content)) = part.split_once("\r\n\r\n") else { return Cow::Borrowed(part) };
        let name = head.split("name=\"").nth(1).and_then(|rest| rest.split('"').next());
        let end = if content.ends_with("\r\n") { "\r\n" } else { "" };
        match name {
            Some(name) if is_secret(name) => Cow::Owned(format!("{head}\r\n\r\n{MASK}{end}")),
            _ => Cow::Borrowed(part),
        }
    });
    parts.collect::<Vec<_>>().join(boundary)
}
