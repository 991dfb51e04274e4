//! What is not to be read in the bodies of requests and answers: what the job has typed or passed into a page, values of `vars`,
//! password fields, and the values of members and fields whose names say that they are secret.
//!
//! A body is masked where it is recorded, before it is written. A mask needs no whole document: a body may be cut, or be of
//! another type than it says.

mod forms;
mod members;
mod password_fields;
mod secret_names;

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use url::form_urlencoded::byte_serialize;

use forms::{decoded, looks_like_form, mask_parts};
use members::mask_members;
use password_fields::mask_password_fields;
use secret_names::is_secret;

/// Stands for what is not shown.
pub(super) const MASK: &str = "***";
/// How many texts are remembered.
const MOST_TEXTS: usize = 1000;

/// The texts that stand for nothing but themselves, and what is shown in their place.
#[derive(Clone, Debug, Default)]
pub(super) struct Masks {
    /// By length and text, the longest first: a text may hold another.
    texts: BTreeMap<(Reverse<usize>, String), String>,
}

impl Masks {
    /// Values of `vars` are shown by their names, when they have so many bytes.
    pub(super) fn of_vars(vars: &BTreeMap<String, String>, shortest: usize) -> Self {
        let mut masks = Self::default();
        for (name, value) in vars.iter().filter(|(_, value)| value.len() >= shortest) {
            masks.push(value, &format!("‹vars.{name}›"));
        }
        masks
    }

    /// Remembers a text.
    pub(super) fn add(&mut self, text: &str) {
        if self.texts.len() < MOST_TEXTS {
            self.push(text, MASK);
        }
    }

    /// Remembers a text as it is, and as JSON, a form and an address write it.
    fn push(&mut self, text: &str, shown: &str) {
        let json = serde_json::to_string(text).unwrap_or_default();
        let form: String = byte_serialize(text.as_bytes()).collect();
        let address = form.replace('+', "%20");
        for written in [text, json.get(1..json.len() - 1).unwrap_or_default(), &form, &address] {
            if !written.is_empty() {
                let text = (Reverse(written.len()), written.to_owned());
                self.texts.entry(text).or_insert_with(|| shown.to_owned());
            }
        }
    }

    /// Masks what is remembered in a text.
    pub(super) fn mask(&self, text: String) -> String {
        let mut masked = text;
        for ((_, secret), shown) in &self.texts {
            if masked.contains(secret) {
                masked = masked.replace(secret, shown);
            }
        }
        masked
    }

    /// Masks what is secret in the body of a request or an answer. What is not text is as it was.
    pub(super) fn mask_body(&self, body: Vec<u8>, mime: &str) -> Vec<u8> {
        let text = match String::from_utf8(body) {
            Ok(text) => text,
            Err(error) => return error.into_bytes(),
        };
        let text = if looks_like_form(&text) { self.mask_form(&text) } else { text };
        let text = if mime.starts_with("multipart/form-data") { mask_parts(&text) } else { text };
        let text = mask_password_fields(&text);
        self.mask(mask_members(&text)).into_bytes()
    }

    /// `name=value&name=value`, where each stands for other characters.
    fn mask_form(&self, form: &str) -> String {
        let fields = form.split('&').map(|field| {
            let Some((name, value)) = field.split_once('=') else { return Cow::Borrowed(field) };
            let meant = decoded(value);
            if is_secret(&decoded(name)) || self.texts.keys().any(|(_, text)| meant.contains(text)) {
                Cow::Owned(format!("{name}={MASK}"))
            } else {
                Cow::Borrowed(field)
            }
        });
        fields.collect::<Vec<_>>().join("&")
    }
}

/// Where a byte stands, from a place on.
fn find(bytes: &[u8], byte: u8, from: usize) -> Option<usize> {
    bytes.get(from..)?.iter().position(|other| *other == byte).map(|place| from + place)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::Masks;

    fn masked(body: &str, mime: &str) -> String {
        let vars = BTreeMap::from([("key".to_owned(), "from-the-vars".to_owned())]);
        let mut masks = Masks::of_vars(&vars, 6);
        masks.add("horse battery");
        masks.add("a\"quote");
        String::from_utf8(masks.mask_body(body.as_bytes().to_vec(), mime)).unwrap()
    }

    #[test]
    fn a_form_keeps_its_names() {
        let form = "application/x-www-form-urlencoded";
        assert_eq!(masked("user=me&password=x%20y&q=1", form), "user=me&password=***&q=1");
        assert_eq!(masked("q=1&token=abc", "text/plain"), "q=1&token=***");
        assert_eq!(masked("a=horse+battery&b=from-the-vars&c", form), "a=***&b=***&c");
        let parts = "--x\r\nContent-Disposition: form-data; name=\"pw\"\r\n\r\nsecret\r\n--x\r\nContent-Disposition: form-data; name=\"user\"\r\n\r\nme\r\n--x--\r\n";
        assert_eq!(masked(parts, "multipart/form-data; boundary=x"), parts.replace("secret", "***"));
    }

    #[test]
    fn members_of_json_are_masked_by_their_names() {
        for (json, kept) in [
            (r#"{"user": "me", "password" : "a\"b", "n": 1}"#, r#"{"user": "me", "password" : "***", "n": 1}"#),
            (r#"{"pin":-12.5e3,"token":{"a":1},"csrf":null}"#, r#"{"pin":"***","token":{"a":1},"csrf":null}"#),
            (r#"{"accessToken":"cut"#, r#"{"accessToken":"***""#),
            (r#"["password", "x"]"#, r#"["password", "x"]"#),
            (r#"a " alone, {"token":"x"}"#, r#"a " alone, {"token":"***"}"#),
            ("see /?q=horse%20battery&r=horse+battery", "see /?q=***&r=***"),
            (r#"{"said":"a\"quote"}"#, r#"{"said":"***"}"#),
            (r#"{"said":"horse battery","key":"from-the-vars"}"#, r#"{"said":"***","key":"‹vars.key›"}"#),
        ] {
            assert_eq!(masked(json, "application/json"), kept);
        }
    }

    #[test]
    fn what_is_not_text_is_as_it_was() {
        assert_eq!(Masks::default().mask_body(vec![0xff, 0xd8, b'"'], "image/jpeg"), [0xff, 0xd8, b'"']);
    }
}
