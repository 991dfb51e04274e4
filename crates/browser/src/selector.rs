//! Selectors: CSS, and what newer Puppeteers understand beyond it.
//!
//! `::-p-text(…)`, `::-p-xpath(…)` and `::-p-aria(…)` stand where a pseudo-element may stand, `>>>` and `>>>>` where a
//! combinator may. None of them is CSS, so whoever writes them cannot have meant anything else.

mod quotes;
mod reader;

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::error::Error;
use crate::query::handlers::QueryHandlers;
use quotes::{quoted, unquote};
use reader::Reader;

/// Finds the matches of steps that need nothing but the page.
pub(crate) const FIND: &str = include_str!("selector/find.js");

/// As [`FIND`], for steps that a script's own query handlers take part in. `first` asks them for one match only.
pub(crate) fn find_with(handlers: &QueryHandlers, steps: &[Vec<Step>], first: bool) -> Cow<'static, str> {
    let is_custom = |step: &Step| matches!(step, Step::Custom { .. });
    if steps.iter().flatten().any(is_custom) {
        // Only a handler that finds by itself may stop at its first match.
        let first = first && steps.iter().all(|steps| steps.len() == 1);
        return format!("(roots, steps) => ({FIND})(roots, steps, {})", handlers.as_object(first)).into();
    }
    FIND.into()
}

/// A selector as it was written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Selector<'a> {
    /// The page's engine reads it.
    Css(&'a str),
    /// What any of the lists of steps finds.
    Steps(Vec<Vec<Step>>),
}

/// From some nodes to others.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// Descendants of a root.
    Css(String),
    /// CSS that goes on where a step that is none ended.
    GoOn(String),
    /// The innermost elements with a text.
    Text(String),
    /// Nodes at an XPath.
    Path(String),
    /// What assistive software knows by this name and role.
    Aria { name: Option<String>, role: Option<String> },
    /// What a script's own query handler finds.
    Custom { name: String, argument: String },
    /// `>>>>`: into the element's own shadow tree.
    Shadow,
    /// `>>>`: into its own and all that are inside.
    Shadows,
}

impl Step {
    /// As `find.js` takes it; `None` when the page alone cannot do it.
    pub(crate) fn for_page(&self) -> Option<Value> {
        Some(match self {
            Self::Css(css) => json!(["css", css]),
            Self::GoOn(css) => json!(["goOn", css]),
            Self::Text(text) => json!(["text", text]),
            Self::Path(path) => json!(["path", path]),
            Self::Custom { name, argument } => json!(["custom", argument, name]),
            Self::Shadow => json!(["shadow"]),
            Self::Shadows => json!(["shadows"]),
            Self::Aria { .. } => return None,
        })
    }
}

impl<'a> Selector<'a> {
    /// Reads a selector. Only the parts that are not CSS can be wrong here; the page judges the rest.
    ///
    /// # Errors
    /// [`Error::UnknownSelectorType`], [`Error::UnknownAriaAttribute`].
    pub(crate) fn parse(text: &'a str, handlers: &QueryHandlers) -> Result<Self, Error> {
        if let Some(steps) = with_prefix(text, handlers)? {
            return Ok(Self::Steps(vec![steps]));
        }
        if !text.contains("::-p-") && !text.contains(">>>") {
            return Ok(Self::Css(text));
        }
        let alternatives = Reader::new(text, handlers).read()?;
        let is_css = alternatives.iter().flatten().all(|step| matches!(step, Step::Css(_)));
        Ok(if is_css { Self::Css(text) } else { Self::Steps(alternatives) })
    }

    /// For `find.js`; `None` when some step needs more than the page.
    pub(crate) fn for_page(alternatives: &[Vec<Step>]) -> Option<Value> {
        let list = |steps: &Vec<Step>| steps.iter().map(Step::for_page).collect::<Option<Vec<_>>>().map(Value::Array);
        alternatives.iter().map(list).collect::<Option<Vec<_>>>().map(Value::Array)
    }
}

/// Tells whether CSS asks for a state, such as `:focus`, which a document may take on without a change that observers are told
/// of.
pub(crate) fn has_pseudo_class(css: &str) -> bool {
    let (mut place, mut in_brackets) = (0, false);
    while let Some(char) = css[place..].chars().next() {
        let rest = &css[place + char.len_utf8()..];
        let mut length = char.len_utf8();
        match char {
            '\\' => length += rest.chars().next().map_or(0, char::len_utf8),
            '"' | '\'' => length = quoted(&css[place..]).unwrap_or(css.len() - place),
            '[' => in_brackets = true,
            ']' => in_brackets = false,
            ':' if rest.starts_with(':') => length = 2,
            ':' if !in_brackets => return true,
            _ => {}
        }
        place += length;
    }
    false
}

/// The older way to say the same for a whole selector: `text/…`, `xpath/…`, `aria/…`, `pierce/…`, or with `=`.
fn with_prefix(text: &str, handlers: &QueryHandlers) -> Result<Option<Vec<Step>>, Error> {
    let Some((prefix, rest)) = text.split_once(['/', '=']) else { return Ok(None) };
    Ok(Some(match prefix {
        name if handlers.knows(name) => {
            vec![Step::Custom { name: name.to_owned(), argument: rest.to_owned() }]
        }
        "text" => vec![Step::Text(rest.to_owned())],
        "xpath" => vec![Step::Path(rest.to_owned())],
        "aria" => vec![aria(rest)?],
        "pierce" => vec![Step::Shadows, Step::Css(rest.to_owned())],
        _ => return Ok(None),
    }))
}

impl Step {
    fn opens_root(&self) -> bool {
        matches!(self, Self::Shadow | Self::Shadows)
    }
}

/// `Name[role="button"]`, `[name="Name"][role="button"]`, `Name`.
fn aria(text: &str) -> Result<Step, Error> {
    let (mut name, mut role, mut rest) = (None, None, String::new());
    let mut left = text;
    while let Some(open) = left.find('[') {
        rest.push_str(&left[..open]);
        let Some((attribute, value, after)) = attribute(&left[open + 1..]) else {
            rest.push('[');
            left = &left[open + 1..];
            continue;
        };
        match attribute {
            "name" => name = Some(value),
            "role" => role = Some(value),
            _ => return Err(Error::UnknownAriaAttribute(attribute.to_owned())),
        }
        left = after;
    }
    rest.push_str(left);
    if name.is_none() && (!rest.is_empty() || role.is_none()) {
        name = Some(rest);
    }
    Ok(Step::Aria { name, role })
}

/// `name="value"]` and what follows.
fn attribute(text: &str) -> Option<(&str, String, &str)> {
    let (name, value) = text.split_once('=')?;
    let (name, value) = (name.trim(), value.trim_start());
    if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || c == '_') || !value.starts_with(['"', '\'']) {
        return None;
    }
    let end = quoted(value)?;
    let after = value[end..].trim_start().strip_prefix(']')?;
    Some((name, unquote(&value[..end]), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Selector<'_>, Error> {
        Selector::parse(text, &QueryHandlers::default())
    }

    fn steps(text: &str) -> Vec<Vec<Step>> {
        match parse(text).unwrap() {
            Selector::Steps(steps) => steps,
            Selector::Css(css) => panic!("{css} is CSS"),
        }
    }

    fn css(text: &str) -> Step {
        Step::Css(text.to_owned())
    }

    fn text(text: &str) -> Step {
        Step::Text(text.to_owned())
    }

    #[test]
    fn states_are_told_from_what_only_looks_like_them() {
        for css in ["input:focus", "p > a:not(.b)", "*:hover", "[a=':b']:checked", "\\: :root"] {
            assert!(has_pseudo_class(css), "{css}");
        }
        for css in ["p::before", "[a=':b']", "[xlink\\:href]", ".sm\\:hidden", "[a=b:c]", "'"] {
            assert!(!has_pseudo_class(css), "{css}");
        }
    }

    #[test]
    fn css_is_left_to_the_page() {
        for selector in ["div > p", "a[title='>>> ::-p-text(x)']", "", "*?", "a/b", "[href='text/x']"] {
            assert_eq!(parse(selector).unwrap(), Selector::Css(selector));
        }
    }

    #[test]
    fn texts_are_read_with_quotes_and_parentheses() {
        assert_eq!(steps("p::-p-text(Hi (you))"), [[css("p"), text("Hi (you)")]]);
        assert_eq!(steps("::-p-text(\" a \\\" b)\")"), [[text(" a \" b)")]]);
        assert_eq!(steps("::-p-text(it's)"), [[text("it's")]]);
        assert_eq!(steps(r#"::-p-text(a \(b\) "c")"#), [[text(r#"a (b) "c""#)]]);
        assert_eq!(steps("text/it's (me"), [[text("it's (me")]]);
        assert_eq!(steps("p ::-p-text(x) > b"), [[css("p *"), text("x"), Step::GoOn(" > b".into())]]);
        assert_eq!(steps("::-p-text(x).big"), [[text("x"), Step::GoOn(".big".into())]]);
        assert_eq!(steps("::-p-xpath(//p[text() = ')'])"), [[Step::Path("//p[text() = ')']".to_owned())]]);
    }

    #[test]
    fn shadow_trees_are_entered_by_combinators() {
        assert_eq!(steps("my-app >>> p b"), [[css("my-app"), Step::Shadows, css("p b")]]);
        assert_eq!(steps(">>>> p"), [[Step::Shadow, css("p")]]);
        assert_eq!(steps("a, b >>> ::-p-text(x)"), [vec![css("a")], vec![css("b"), Step::Shadows, text("x")]]);
    }

    #[test]
    fn names_and_roles_are_read() {
        let both = |name: Option<&str>, role: Option<&str>| Step::Aria {
            name: name.map(str::to_owned),
            role: role.map(str::to_owned),
        };
        assert_eq!(steps("::-p-aria(Send  it)"), [[both(Some("Send  it"), None)]]);
        assert_eq!(steps("::-p-aria([name=\"Send\"][role='button'])"), [[both(Some("Send"), Some("button"))]]);
        assert_eq!(steps("aria/Send[role=\"button\"]"), [[both(Some("Send"), Some("button"))]]);
        assert_eq!(steps("::-p-aria([role=\"button\"])"), [[both(None, Some("button"))]]);
    }

    #[test]
    fn prefixes_end_with_a_slash_or_an_equals_sign() {
        assert_eq!(steps("text=a/b"), [[text("a/b")]]);
        assert_eq!(steps("xpath=//p"), [[Step::Path("//p".to_owned())]]);
        assert_eq!(steps("pierce=p"), [[Step::Shadows, css("p")]]);
        assert_eq!(parse("a[href='text=x']").unwrap(), Selector::Css("a[href='text=x']"));
    }

    #[test]
    fn a_scripts_own_handlers_are_known_by_name() {
        let handlers = QueryHandlers::default();
        handlers.register("mine".to_owned(), crate::query::handlers::QueryHandler::default());
        let mine = |argument: &str| Step::Custom { name: "mine".to_owned(), argument: argument.to_owned() };
        assert_eq!(Selector::parse("mine/a=b", &handlers).unwrap(), Selector::Steps(vec![vec![mine("a=b")]]));
        let mixed = Selector::parse("p::-p-mine(x)", &handlers).unwrap();
        assert_eq!(mixed, Selector::Steps(vec![vec![css("p"), mine("x")]]));
        assert_eq!(parse("mine/x").unwrap(), Selector::Css("mine/x"));
    }

    #[test]
    fn what_is_unknown_is_refused() {
        assert!(matches!(parse("p::-p-react(x)"), Err(Error::UnknownSelectorType(name)) if name == "react"));
        let error = parse("::-p-aria([checked=\"true\"])");
        assert!(matches!(error, Err(Error::UnknownAriaAttribute(name)) if name == "checked"));
    }
}
