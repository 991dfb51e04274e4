//! What the arguments of a call show of themselves to who hears of calls.

use rquickjs as js;

use crate::log::clipped_to;
use crate::scope::Scope;
use crate::value::FromArg;

/// What an argument's summary may take, in bytes.
const ARGUMENT_BYTES: usize = 200;

/// Those of the first so many arguments, after the object that the call is on.
pub(super) fn summaries(args: &[js::Value<'_>], count: usize, scope: &Scope) -> Vec<String> {
    args.iter().skip(1).take(count).filter_map(|value| summary(value, scope)).collect()
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
