//! What an operator leaves open, also one who has not said what is closed.

use super::{Layer, Rule};

/// What is closed unless the operator says otherwise.
pub const CLOSED: &str = "loopback,link-local,own";
/// The same on a machine of the operator's own, whose servers are open.
pub const CLOSED_ON_OWN_MACHINE: &str = "link-local,own";

impl Layer {
    /// Returns the operator's rules. `closed` are groups that are closed in the place of an absent `deny`, each unless `allow`
    /// names it.
    ///
    /// # Panics
    ///
    /// When `closed` is not a list of rules.
    #[must_use]
    pub fn of_operator(allow: Option<Vec<Rule>>, deny: Option<Vec<Rule>>, closed: &str) -> Self {
        let deny = deny.unwrap_or_else(|| {
            let opened = |rule: &Rule| allow.iter().flatten().any(|allowed| opens(allowed, rule));
            let closed = Rule::parse_list(closed).expect("these are rules");
            closed.into_iter().filter(|rule| !opened(rule)).collect()
        });
        Self { name: "operator".to_owned(), allow, deny }
    }
}

/// Whether a rule names the group of a default, or everything.
fn opens(allowed: &Rule, denied: &Rule) -> bool {
    let text = allowed.to_string();
    text == denied.to_string() || text == "all" || text == "*"
}
