//! Reads a selector with parts that are not CSS: `::-p-text(…)`, `>>>` and their kin. The brackets and quotes of CSS are skipped, not
//! judged.

use super::quotes::{closing, quoted, unquote};
use super::{Step, aria};
use crate::error::Error;
use crate::query::handlers::QueryHandlers;

/// A selector that is being read.
pub(super) struct Reader<'a> {
    handlers: &'a QueryHandlers,
    rest: &'a str,
    css: String,
    steps: Vec<Step>,
    alternatives: Vec<Vec<Step>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, handlers: &'a QueryHandlers) -> Self {
        Self { handlers, rest: text, css: String::new(), steps: Vec::new(), alternatives: Vec::new() }
    }

    /// Reads all of it into its alternatives.
    ///
    /// # Errors
    /// [`Error::UnknownSelectorType`], [`Error::UnknownAriaAttribute`].
    pub(super) fn read(mut self) -> Result<Vec<Vec<Step>>, Error> {
        let mut depth = 0_usize;
        while let Some(next) = self.rest.chars().next() {
            if depth == 0 && self.rest.starts_with("::-p-") {
                self.pseudo_element()?;
            } else if depth == 0 && self.rest.starts_with(">>>") {
                let is_child = self.rest.starts_with(">>>>");
                self.end_css(true);
                self.steps.push(if is_child { Step::Shadow } else { Step::Shadows });
                self.rest = self.rest[if is_child { 4 } else { 3 }..].trim_start();
            } else if depth == 0 && next == ',' {
                self.end_alternative();
                self.rest = self.rest[1..].trim_start();
            } else {
                match next {
                    '(' | '[' => depth += 1,
                    ')' | ']' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                let length = match next {
                    '"' | '\'' => quoted(self.rest).unwrap_or(1),
                    '\\' => 1 + self.rest[1..].chars().next().map_or(0, char::len_utf8),
                    _ => next.len_utf8(),
                };
                self.css.push_str(&self.rest[..length]);
                self.rest = &self.rest[length..];
            }
        }
        self.end_alternative();
        Ok(self.alternatives)
    }

    /// What was read as CSS becomes a step.
    fn end_css(&mut self, before_combinator: bool) {
        let css = std::mem::take(&mut self.css);
        if css.trim().is_empty() {
            // Blanks after a step matter only before more CSS.
            return;
        }
        let css = if before_combinator { css.trim_end() } else { &css };
        // Where a root ends and its matches begin is for `querySelectorAll` to say; after a found node CSS goes on.
        self.steps.push(match self.steps.last() {
            None | Some(Step::Shadow | Step::Shadows) => Step::Css(css.trim_start().to_owned()),
            Some(_) => Step::GoOn(css.to_owned()),
        });
    }

    fn end_alternative(&mut self) {
        self.end_css(true);
        // A shadow tree by itself is not an element.
        if let Some(Step::Shadow | Step::Shadows) = self.steps.last() {
            self.steps.push(Step::Css("*".to_owned()));
        }
        let steps = std::mem::take(&mut self.steps);
        // The page says what is wrong with an empty one.
        self.alternatives.push(if steps.is_empty() { vec![Step::Css(String::new())] } else { steps });
    }

    fn pseudo_element(&mut self) -> Result<(), Error> {
        let after = &self.rest["::-p-".len()..];
        let end = after.find(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_')).unwrap_or(after.len());
        let (name, after) = after.split_at(end);
        let (argument, after) = match after.strip_prefix('(') {
            Some(inner) => {
                let end = closing(inner, true).or_else(|| closing(inner, false)).unwrap_or(inner.len());
                (unquote(inner[..end].trim()), inner.get(end + 1..).unwrap_or_default())
            }
            None => (String::new(), after),
        };
        // `div ::-p-text(x)`: any descendant may hold it.
        let is_apart = self.css.ends_with(char::is_whitespace) || self.css.trim_end().ends_with(['>', '+', '~']);
        let goes_on = matches!(self.steps.last(), Some(step) if !step.opens_root());
        if is_apart && (goes_on || !self.css.trim().is_empty()) {
            self.css.push('*');
        }
        self.end_css(false);
        self.steps.push(match name {
            name if self.handlers.knows(name) => Step::Custom { name: name.to_owned(), argument },
            "text" => Step::Text(argument),
            "xpath" => Step::Path(argument),
            "aria" => aria(&argument)?,
            _ => return Err(Error::UnknownSelectorType(name.to_owned())),
        });
        self.rest = after;
        Ok(())
    }
}
