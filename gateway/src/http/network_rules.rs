//! Whether a job's network rules can be enforced: the executor must not be the first to find out.

use egress::Upstream;
use egress::policy::Rule;
use egress::upstream::ChosenBy;
use job_model::JobNetwork;

/// The most rules in a list: each connection is held against all of them.
const MOST_RULES: usize = 1000;

/// Reads every rule and the proxy.
///
/// # Errors
/// A sentence that names the field.
pub(super) fn check(network: &JobNetwork) -> Result<(), String> {
    for (name, rules) in [("allow", &network.allow), ("deny", &network.deny)] {
        let rules = rules.as_deref().unwrap_or_default();
        if rules.len() > MOST_RULES {
            return Err(format!("the field \"network.{name}\" has {} rules: {MOST_RULES} are taken", rules.len()));
        }
        for rule in rules {
            Rule::parse(rule).map_err(|error| format!("the field \"network.{name}\": {error}"))?;
        }
    }
    if let Some(proxy) = &network.proxy {
        let read = Upstream::parse(proxy.expose(), ChosenBy::Job);
        read.map_err(|error| format!("the field \"network.proxy\": {error}"))?;
    }
    Ok(())
}
