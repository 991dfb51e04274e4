//! What the arguments of a call show of themselves to who hears of calls.

use rquickjs as js;

use crate::log::clipped_to;
use crate::scope::Scope;
use crate::value::FromArg;

/// What an argument's summary may take, in bytes.
const ARGUMENT_BYTES: usize = 200;
/// How many texts of a call may be kept from being shown elsewhere, and how long they are at most, in bytes.
const HIDDEN_TEXTS: usize = 64;
const LONGEST_HIDDEN: usize = 1000;

/// Those of the first so many arguments, after the object that the call is on.
pub(super) fn summaries(args: &[js::Value<'_>], count: usize, scope: &Scope) -> Vec<String> {
    args.iter().skip(1).take(count).filter_map(|value| summary(value, scope)).collect()
}

/// The texts in the arguments after the first so many, for who keeps them from being shown elsewhere.
pub(super) fn hidden_texts(args: &[js::Value<'_>], count: usize, scope: &Scope) -> Vec<String> {
    let mut texts = Vec::new();
    for value in args.iter().skip(1 + count) {
        collect(value, scope, 0, &mut texts);
    }
    texts
}

fn collect(value: &js::Value<'_>, scope: &Scope, depth: u32, texts: &mut Vec<String>) {
    if texts.len() >= HIDDEN_TEXTS || depth > 2 {
        return;
    }
    if value.is_string() {
        let Ok(text) = String::from_arg(value, scope) else { return };
        // An object is passed as its JSON.
        match serde_json::from_str::<serde_json::Value>(&text) {
            Ok(json) if depth == 2 => collect_json(&json, texts),
            _ => keep(&text, texts),
        }
    } else if let Some(list) = value.as_array() {
        list.iter::<js::Value<'_>>().flatten().for_each(|value| collect(&value, scope, depth + 1, texts));
    }
}

fn collect_json(json: &serde_json::Value, texts: &mut Vec<String>) {
    match json {
        serde_json::Value::String(text) => keep(text, texts),
        serde_json::Value::Array(list) => list.iter().for_each(|value| collect_json(value, texts)),
        serde_json::Value::Object(members) => members.values().for_each(|value| collect_json(value, texts)),
        _ => {}
    }
}

fn keep(text: &str, texts: &mut Vec<String>) {
    if texts.len() < HIDDEN_TEXTS && text.len() <= LONGEST_HIDDEN {
        texts.push(text.to_owned());
    }
}

/// What an argument shows of itself.
fn summary(value: &js::Value<'_>, scope: &Scope) -> Option<String> {
    if value.is_string() {
        let text = String::from_arg(value, scope).ok()?;
        return Some(clipped_to(without_password(&text), ARGUMENT_BYTES));
    }
    if let Some(pair) = value.as_array() {
        // A function, or a text that may be made of anything.
        let is_function = pair.get::<js::Value<'_>>(1).ok()?.as_bool()?;
        let text = if is_function { String::from_arg(&pair.get(0).ok()?, scope).ok()? } else { "…".to_owned() };
        return Some(clipped_to(text, ARGUMENT_BYTES));
    }
    value.as_number().map(|number| number.to_string())
}

/// An address without the user and password in it; any other text as it is.
fn without_password(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..authority].rfind('@') {
        Some(at) => format!("{scheme}://***{}", &rest[at..]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn an_address_is_shown_without_its_password() {
        assert_eq!(without_password("https://u:p@h/a?b=c@d"), "https://***@h/a?b=c@d");
        assert_eq!(without_password("https://h/a?b=c@d"), "https://h/a?b=c@d");
        assert_eq!(without_password("a[href='x@y']"), "a[href='x@y']");
    }
}
