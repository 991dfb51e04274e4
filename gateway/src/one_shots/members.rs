//! The names and types of what a one-shot's request may say, down to the objects within it.

use job_model::near_name;
use serde_json::{Map, Value};

use super::Refused;
use super::cache::LONGEST;

/// The type of a member.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Text,
    /// A text or a number.
    Length,
    Flag,
    /// Any number.
    Coordinate,
    /// From 0 to this.
    Number(u32),
    Texts,
    /// A text or a list of texts.
    TextOrTexts,
    Object,
    Objects,
}

pub(super) type Members = &'static [(&'static str, Kind)];

/// What every one-shot takes.
pub(super) const COMMON: Members = &[
    ("url", Kind::Text),
    ("html", Kind::Text),
    ("gotoOptions", Kind::Object),
    ("waitForSelector", Kind::Object),
    ("waitForFunction", Kind::Object),
    ("waitForTimeout", Kind::Number(600_000)),
    ("viewport", Kind::Object),
    ("rejectResourceTypes", Kind::Texts),
    ("rejectRequestPattern", Kind::Texts),
    ("allowResourceTypes", Kind::Texts),
    ("allowRequestPattern", Kind::Texts),
    ("cookies", Kind::Objects),
    ("authenticate", Kind::Object),
    ("setExtraHTTPHeaders", Kind::Object),
    ("setJavaScriptEnabled", Kind::Flag),
    ("userAgent", Kind::Text),
    ("addScriptTag", Kind::Objects),
    ("addStyleTag", Kind::Objects),
    ("emulateMediaType", Kind::Text),
    ("bestAttempt", Kind::Flag),
    ("scrollPage", Kind::Flag),
    ("cache", Kind::Number(LONGEST)),
    ("timeout", Kind::Number(86_400)),
];
/// What `options` takes of a picture.
pub(super) const SCREENSHOT: Members = &[
    ("type", Kind::Text),
    ("quality", Kind::Number(100)),
    ("fullPage", Kind::Flag),
    ("clip", Kind::Object),
    ("omitBackground", Kind::Flag),
    ("captureBeyondViewport", Kind::Flag),
    ("fromSurface", Kind::Flag),
    ("optimizeForSpeed", Kind::Flag),
];
/// What `options` takes of a PDF.
pub(super) const PDF: Members = &[
    ("scale", Kind::Number(2)),
    ("displayHeaderFooter", Kind::Flag),
    ("headerTemplate", Kind::Text),
    ("footerTemplate", Kind::Text),
    ("printBackground", Kind::Flag),
    ("landscape", Kind::Flag),
    ("pageRanges", Kind::Text),
    ("format", Kind::Text),
    ("width", Kind::Length),
    ("height", Kind::Length),
    ("margin", Kind::Object),
    ("preferCSSPageSize", Kind::Flag),
];
/// Types of pictures.
pub(super) const TYPES: [&str; 3] = ["png", "jpeg", "webp"];
/// The longest time that a member may say, in milliseconds: a day.
const LONGEST_WAIT: u32 = 86_400_000;
/// What the objects take that members are, or are lists of.
const WITHIN: &[(&str, Members)] = &[
    (
        "gotoOptions",
        &[
            ("waitUntil", Kind::TextOrTexts),
            ("timeout", Kind::Number(LONGEST_WAIT)),
            ("referer", Kind::Text),
            ("referrerPolicy", Kind::Text),
        ],
    ),
    (
        "waitForSelector",
        &[
            ("selector", Kind::Text),
            ("timeout", Kind::Number(LONGEST_WAIT)),
            ("visible", Kind::Flag),
            ("hidden", Kind::Flag),
        ],
    ),
    ("waitForFunction", &[("fn", Kind::Text), ("timeout", Kind::Number(LONGEST_WAIT)), ("polling", Kind::Length)]),
    (
        "viewport",
        &[
            ("width", Kind::Number(10_000_000)),
            ("height", Kind::Number(10_000_000)),
            ("deviceScaleFactor", Kind::Number(100)),
            ("isMobile", Kind::Flag),
            ("hasTouch", Kind::Flag),
            ("isLandscape", Kind::Flag),
        ],
    ),
    ("authenticate", &[("username", Kind::Text), ("password", Kind::Text)]),
    ("addScriptTag", &[("url", Kind::Text), ("content", Kind::Text), ("type", Kind::Text), ("id", Kind::Text)]),
    ("addStyleTag", &[("url", Kind::Text), ("content", Kind::Text)]),
    ("elements", &[("selector", Kind::Text), ("timeout", Kind::Number(LONGEST_WAIT))]),
];
/// The same of those in `options`.
const WITHIN_OPTIONS: &[(&str, Members)] = &[
    (
        "clip",
        &[
            ("x", Kind::Coordinate),
            ("y", Kind::Coordinate),
            ("width", Kind::Coordinate),
            ("height", Kind::Coordinate),
            ("scale", Kind::Coordinate),
        ],
    ),
    ("margin", &[("top", Kind::Length), ("right", Kind::Length), ("bottom", Kind::Length), ("left", Kind::Length)]),
];

impl Kind {
    fn takes(self, value: &Value) -> bool {
        let all = |of: fn(&Value) -> bool| value.as_array().is_some_and(|items| items.iter().all(of));
        match self {
            Self::Text => value.is_string(),
            Self::Length => value.is_string() || value.is_number(),
            Self::Flag => value.is_boolean(),
            Self::Coordinate => value.is_number(),
            Self::Number(most) => value.as_f64().is_some_and(|number| (0.0..=f64::from(most)).contains(&number)),
            Self::Texts => all(Value::is_string),
            Self::TextOrTexts => value.is_string() || all(Value::is_string),
            Self::Object => value.is_object(),
            Self::Objects => all(Value::is_object),
        }
    }

    fn expected(self) -> String {
        match self {
            Self::Text => "a text".to_owned(),
            Self::Length => "a text or a number".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Coordinate => "a number".to_owned(),
            Self::Number(most) => format!("a number from 0 to {most}"),
            Self::Texts => "a list of texts".to_owned(),
            Self::TextOrTexts => "a text or a list of texts".to_owned(),
            Self::Object => "an object".to_owned(),
            Self::Objects => "a list of objects".to_owned(),
        }
    }
}

/// Refuses members that are not known, or of another type. A member may have been meant for `options`.
pub(super) fn check(
    within: &str,
    members: &Map<String, Value>,
    known: &[(&'static str, Kind)],
    options: Members,
) -> Result<(), Refused> {
    for (name, value) in members {
        let Some((_, kind)) = known.iter().find(|(known, _)| known == name) else {
            let here = known.iter().map(|(name, _)| (within, *name));
            return Err(unknown(within, name, here.chain(options.iter().map(|(name, _)| ("options.", *name)))));
        };
        if !value.is_null() && !kind.takes(value) {
            return Err(Refused(format!("{within}{name} must be {}", kind.expected())));
        }
    }
    Ok(())
}

/// `known` has names with what stands before them.
pub(super) fn unknown<'a>(within: &str, name: &str, known: impl Iterator<Item = (&'a str, &'a str)>) -> Refused {
    let shown: String = name.chars().take(60).collect();
    let known: Vec<(&str, &str)> = known.collect();
    let near = near_name(&shown, known.iter().map(|(_, known)| *known), 3);
    let near = near.and_then(|near| known.iter().find(|(_, known)| *known == near));
    Refused(match near {
        Some((before, near)) => format!("{within}{shown} is not known: did you mean {before}{near}?"),
        None => format!("{within}{shown} is not known: docs/ONE-SHOTS.md lists what is"),
    })
}

/// Refuses what [`check`] does in the objects within.
pub(super) fn check_within(request: &Map<String, Value>) -> Result<(), Refused> {
    check_objects("", request, WITHIN)?;
    if let Some(options) = request.get("options").and_then(Value::as_object) {
        check_objects("options.", options, WITHIN_OPTIONS)?;
    }
    let headers = request.get("setExtraHTTPHeaders").and_then(Value::as_object);
    match headers.into_iter().flatten().find(|(_, value)| !value.is_string()) {
        Some((name, _)) => Err(Refused(format!("setExtraHTTPHeaders.{name} must be a text"))),
        None => Ok(()),
    }
}

fn check_objects(within: &str, members: &Map<String, Value>, known: &[(&str, Members)]) -> Result<(), Refused> {
    for (name, known) in known {
        match members.get(*name) {
            Some(Value::Object(object)) => check(&format!("{within}{name}."), object, known, &[])?,
            Some(Value::Array(objects)) => {
                for (at, object) in objects.iter().enumerate() {
                    let Value::Object(object) = object else { continue };
                    check(&format!("{within}{name}[{at}]."), object, known, &[])?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}
