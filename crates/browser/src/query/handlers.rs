//! Query handlers that a script registers: `name/…` and `::-p-name(…)`.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::Value;

/// How to find nodes from a node and a text: functions of the page, as text.
#[derive(Clone, Debug, Default)]
pub struct QueryHandler {
    /// Answers one node or nothing.
    pub one: Option<String>,
    /// Answers several.
    pub all: Option<String>,
}

/// The registered ones, by name. The script's own book of names is the prelude's; what is wrong with a name it says.
#[derive(Debug, Default)]
pub struct QueryHandlers(RefCell<BTreeMap<String, QueryHandler>>);

impl QueryHandlers {
    /// Registers one, in place of any of that name.
    pub fn register(&self, name: String, handler: QueryHandler) {
        self.0.borrow_mut().insert(name, handler);
    }

    /// Forgets one.
    pub fn unregister(&self, name: &str) {
        self.0.borrow_mut().remove(name);
    }

    /// Forgets all.
    pub fn clear(&self) {
        self.0.borrow_mut().clear();
    }

    pub(crate) fn knows(&self, name: &str) -> bool {
        self.0.borrow().contains_key(name)
    }

    /// An object of the page's language that has a function from node and text to an array of nodes under each name. The
    /// functions stand there as text, so that no content security policy matters. `first` asks for one match only.
    pub(crate) fn as_object(&self, first: bool) -> String {
        let handlers = self.0.borrow();
        let members = handlers.iter().map(|(name, handler)| {
            let one = handler.one.as_deref().map(|one| format!("[({one}\n)(node, text)].filter(node => node)"));
            let all = handler.all.as_deref().map(|all| format!("[...({all}\n)(node, text)]"));
            let body = if first { one.or(all) } else { all.or(one) };
            format!("{}: (node, text) => {}", Value::from(name.as_str()), body.unwrap_or_else(|| "[]".to_owned()))
        });
        format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handler_is_written_as_a_function_of_the_page() {
        let handlers = QueryHandlers::default();
        handlers.register("id".to_owned(), QueryHandler { one: Some("(n, t) => n".to_owned()), all: None });
        let expected = "{\"id\": (node, text) => [((n, t) => n\n)(node, text)].filter(node => node)}";
        assert_eq!(handlers.as_object(false), expected);
        assert!(handlers.knows("id") && !handlers.knows("name"));
        handlers.clear();
        assert_eq!(handlers.as_object(true), "{}");
    }
}
