//! What a one-shot's request may say: the field names of browserless and of Cloudflare's Browser Rendering, so that moving
//! is a change of address. `docs/ONE-SHOTS.md` says what each does, and what is not taken.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::OneShot;
use super::members::{COMMON, Kind, Members, PDF, SCREENSHOT, TYPES, check, check_within, unknown};

/// A request that can become a job.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OneShotRequest {
    /// What the template reads.
    pub(crate) options: Value,
    /// The document to show, in the place of an address.
    pub(crate) html: Option<String>,
    /// How many seconds old an answer may be.
    pub(crate) cache: Option<u64>,
    /// The job's own limit, in seconds.
    pub(crate) timeout: Option<u32>,
}

/// Why a request cannot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused(pub(crate) String);

impl OneShot {
    /// What this one takes beside the common ones.
    fn own(self) -> Members {
        match self {
            Self::Screenshot => {
                &[("options", Kind::Object), ("screenshotOptions", Kind::Object), ("selector", Kind::Text)]
            }
            Self::Snapshot => &[("options", Kind::Object), ("screenshotOptions", Kind::Object)],
            Self::Pdf => &[("options", Kind::Object), ("pdfOptions", Kind::Object)],
            Self::Links => &[("visibleLinksOnly", Kind::Flag), ("excludeExternalLinks", Kind::Flag)],
            Self::Scrape => &[("elements", Kind::Objects)],
            Self::Content | Self::Markdown => &[],
        }
    }

    fn of_options(self) -> Members {
        if self == Self::Pdf { PDF } else { SCREENSHOT }
    }

    /// Reads a body.
    pub(crate) fn read(self, mut options: Map<String, Value>) -> Result<OneShotRequest, Refused> {
        let refused = |text: &str| Err(Refused(text.to_owned()));
        let known: Vec<_> = COMMON.iter().chain(self.own()).copied().collect();
        let takes_options = known.iter().any(|(name, _)| *name == "options");
        check("", &options, &known, if takes_options { self.of_options() } else { &[] })?;
        options.retain(|_, value| !value.is_null());
        for other in ["screenshotOptions", "pdfOptions"] {
            if let Some(value) = options.shift_remove(other)
                && options.insert("options".to_owned(), value).is_some()
            {
                return refused(&format!("{other} and options are the same: give one of them"));
            }
        }
        if let Some(members) = options.get("options").and_then(Value::as_object) {
            check("options.", members, self.of_options(), &[])?;
            if members.get("type").and_then(Value::as_str).is_some_and(|kind| !TYPES.contains(&kind)) {
                return refused("options.type must be png, jpeg or webp");
            }
        }
        check_within(&options)?;
        let elements = || options.get("elements").and_then(Value::as_array).filter(|all| !all.is_empty());
        if self == Self::Scrape && !elements().is_some_and(|all| all.iter().all(|each| each["selector"].is_string())) {
            return refused("elements must be a list of objects with a selector");
        }
        for (name, member) in [("waitForSelector", "selector"), ("waitForFunction", "fn")] {
            if options.get(name).is_some_and(|value| !value[member].is_string()) {
                return refused(&format!("{name} must have the text {member}"));
            }
        }
        let cookies = options.get("cookies").and_then(Value::as_array).into_iter().flatten();
        if cookies.into_iter().any(|cookie| !cookie["name"].is_string() || !cookie["value"].is_string()) {
            return refused("cookies must be a list of objects with the texts name and value");
        }
        let html = options.shift_remove("html").and_then(|html| html.as_str().map(str::to_owned));
        match (options.contains_key("url"), html.is_some()) {
            (true, true) => return refused("url and html are both given: give one of them"),
            (false, false) => return refused("url or html is missing"),
            _ => {}
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be a day at most")]
        let seconds = |value: Option<Value>| value.and_then(|value| value.as_f64()).map(|value| value as u32);
        let cache = seconds(options.shift_remove("cache")).filter(|seconds| *seconds > 0).map(u64::from);
        let timeout = seconds(options.shift_remove("timeout")).filter(|seconds| *seconds > 0);
        Ok(OneShotRequest { options: Value::Object(options), html, cache, timeout })
    }

    /// Reads the query of a GET: the names of a body, and those of its `options` beside them.
    pub(crate) fn read_query<'a>(
        self,
        pairs: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>,
    ) -> Result<OneShotRequest, Refused> {
        let (mut body, mut options) = (Map::new(), Map::new());
        for (name, text) in pairs {
            let find = |known: Members| known.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind);
            let (target, kind) = match (find(self.of_options()), find(COMMON).or_else(|| find(self.own()))) {
                (Some(kind), _) => (&mut options, kind),
                (None, Some(kind)) => (&mut body, kind),
                (None, None) => {
                    let all = COMMON.iter().chain(self.own()).chain(self.of_options());
                    return Err(unknown("", &name, all.map(|(known, _)| ("", *known))));
                }
            };
            let value = match kind {
                Kind::Text | Kind::Length | Kind::TextOrTexts => json!(text),
                Kind::Texts => json!(text.split(',').collect::<Vec<_>>()),
                Kind::Flag => json!(!matches!(&*text, "false" | "0")),
                Kind::Number(_) | Kind::Coordinate | Kind::Object | Kind::Objects => {
                    serde_json::from_str(&text).unwrap_or_else(|_| json!(text))
                }
            };
            target.insert(name.into_owned(), value);
        }
        if !options.is_empty() {
            body.insert("options".to_owned(), Value::Object(options));
        }
        self.read(body)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{OneShot, OneShotRequest, Refused};

    fn read(kind: OneShot, body: &Value) -> Result<OneShotRequest, String> {
        kind.read(body.as_object().unwrap().clone()).map_err(|Refused(reason)| reason)
    }

    #[test]
    fn bodies_of_both_services_are_taken() {
        let browserless = json!({"url": "http://a/", "options": {"fullPage": true, "type": "jpeg", "quality": 80},
            "gotoOptions": {"waitUntil": "networkidle2"}, "waitForTimeout": 100, "bestAttempt": true, "cache": 60});
        let request = read(OneShot::Screenshot, &browserless).unwrap();
        assert_eq!((request.cache, request.html), (Some(60), None));
        assert_eq!(request.options["options"]["type"], "jpeg");
        let cloudflare = json!({"html": "<p>", "screenshotOptions": {"omitBackground": true},
            "viewport": {"width": 1, "height": 1}, "addScriptTag": [{"content": "1"}], "selector": "p", "userAgent": null});
        let request = read(OneShot::Screenshot, &cloudflare).unwrap();
        assert_eq!(
            (request.html.as_deref(), &request.options["options"]),
            (Some("<p>"), &json!({"omitBackground": true}))
        );
        assert!(request.options.get("html").is_none() && request.options.get("userAgent").is_none());
        let pdf = json!({"url": "http://a/", "pdfOptions": {"format": "a4", "width": 100}});
        assert_eq!(read(OneShot::Pdf, &pdf).unwrap().options["options"]["format"], "a4");
    }

    #[test]
    fn what_is_not_known_is_refused_with_the_near_name() {
        for (kind, body, reason) in [
            (OneShot::Screenshot, json!({"url": "a", "nothing": 1}), "nothing is not known: docs"),
            (OneShot::Screenshot, json!({"url": "a", "waitForSelectr": {}}), "did you mean waitForSelector?"),
            (OneShot::Screenshot, json!({"url": "a", "options": {"fullpage": true}}), "did you mean options.fullPage?"),
            (
                OneShot::Screenshot,
                json!({"url": "a", "fulPage": true}),
                "fulPage is not known: did you mean options.fullPage?",
            ),
            (OneShot::Content, json!({"url": "a", "fullPage": true}), "fullPage is not known: docs"),
            (OneShot::Content, json!({"url": "a", "selector": "p"}), "selector is not known"),
            (OneShot::Pdf, json!({}), "url or html is missing"),
            (OneShot::Pdf, json!({"url": "a", "html": "b"}), "both given"),
            (OneShot::Pdf, json!({"url": 5}), "url must be a text"),
            (OneShot::Pdf, json!({"url": "a", "cookies": {}}), "cookies must be a list of objects"),
            (
                OneShot::Pdf,
                json!({"url": "a", "waitForTimeout": -1}),
                "waitForTimeout must be a number from 0 to 600000",
            ),
            (OneShot::Pdf, json!({"url": "a", "options": {}, "pdfOptions": {}}), "are the same"),
            (
                OneShot::Screenshot,
                json!({"url": "a", "options": {"type": "bmp"}}),
                "options.type must be png, jpeg or webp",
            ),
            (OneShot::Scrape, json!({"url": "a"}), "elements must be a list"),
            (
                OneShot::Pdf,
                json!({"url": "a", "gotoOptions": {"waitUntl": "load"}}),
                "gotoOptions.waitUntl is not known: did you mean gotoOptions.waitUntil?",
            ),
            (OneShot::Pdf, json!({"url": "a", "viewport": {"width": -1}}), "viewport.width must be a number from 0"),
            (OneShot::Pdf, json!({"url": "a", "options": {"margin": {"topp": 1}}}), "did you mean options.margin.top?"),
            (
                OneShot::Scrape,
                json!({"url": "a", "elements": [{"selector": "p"}, {"selector": "p", "timeot": 1}]}),
                "elements[1].timeot is not known: did you mean elements[1].timeout?",
            ),
            (OneShot::Pdf, json!({"url": "a", "cookies": [{"name": "a"}]}), "with the texts name and value"),
            (
                OneShot::Pdf,
                json!({"url": "a", "setExtraHTTPHeaders": {"X-A": 1}}),
                "setExtraHTTPHeaders.X-A must be a text",
            ),
            (OneShot::Links, json!({"url": "a", "waitForSelector": {}}), "waitForSelector must have the text selector"),
        ] {
            let refused = read(kind, &body).unwrap_err();
            assert!(refused.contains(reason), "{refused}");
        }
    }

    #[test]
    fn a_query_says_the_same() {
        fn pairs<'a>(all: &[(&'a str, &'a str)]) -> std::vec::IntoIter<(super::Cow<'a, str>, super::Cow<'a, str>)> {
            all.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect::<Vec<_>>().into_iter()
        }
        let query =
            [("url", "http://a/"), ("fullPage", "true"), ("quality", "5"), ("rejectResourceTypes", "image,font")];
        let request = OneShot::Screenshot.read_query(pairs(&query)).unwrap();
        assert_eq!(request.options["options"], json!({"fullPage": true, "quality": 5}));
        assert_eq!(request.options["rejectResourceTypes"], json!(["image", "font"]));
        assert!(OneShot::Pdf.read_query(pairs(&[("ulr", "x")])).unwrap_err().0.contains("did you mean url?"));
    }
}
