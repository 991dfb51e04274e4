//! The operator's settings of webhooks.

use std::time::Duration;

use clap::Args;
use egress::policy::{CLOSED, CLOSED_ON_OWN_MACHINE, Rule};
use egress::{Layer, Own};
use service::config::duration_from;

/// Where events of jobs may be sent, and how.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Webhooks")]
pub struct WebhookArgs {
    /// Where webhooks may be sent, as rules in the form of NETWORK_ALLOW. Default: everywhere that WEBHOOK_DENY does not name.
    #[arg(long = "webhook-allow", env = "WEBHOOK_ALLOW", value_name = "RULES")]
    pub allow: Option<WebhookRules>,
    /// Where webhooks may not be sent, in the same form; takes precedence over WEBHOOK_ALLOW. Default:
    /// `loopback,link-local,own`, in `puppet-master up` `link-local,own`, each without the groups that WEBHOOK_ALLOW names.
    #[arg(long = "webhook-deny", env = "WEBHOOK_DENY", value_name = "RULES")]
    pub deny: Option<WebhookRules>,
    /// Longest time for one delivery of a webhook, from the lookup of its host to the end of the answer.
    #[arg(long = "webhook-timeout", env = "WEBHOOK_TIMEOUT", value_name = "TIME", default_value = "15s",
          value_parser = duration_from(Duration::from_secs(1)))]
    pub timeout: Duration,
    /// Time before a delivery that failed is tried a second time. Each further wait is three times as long, up to four hours;
    /// after a day nothing is tried any more.
    #[arg(long = "webhook-retry-first", env = "WEBHOOK_RETRY_FIRST", value_name = "TIME", default_value = "5s",
          value_parser = duration_from(Duration::from_millis(10)))]
    pub retry_first: Duration,
    /// Services of the program's own that the group `own` means, as host:port.
    #[arg(skip)]
    pub own_services: Vec<String>,
    /// Whether it runs on a machine of one's own: that machine's servers are open then.
    #[arg(skip)]
    pub on_own_machine: bool,
}

/// A list of rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookRules(Vec<Rule>);

impl WebhookArgs {
    /// Adds a service of the program's own to the group `own`.
    pub fn add_own(&mut self, host: &str, port: u16) {
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        self.own_services.push(format!("{host}:{port}"));
    }

    /// What the operator leaves open.
    pub(super) fn operator(&self) -> Layer {
        let closed = if self.on_own_machine { CLOSED_ON_OWN_MACHINE } else { CLOSED };
        let rules = |rules: &Option<WebhookRules>| rules.as_ref().map(|rules| rules.0.clone());
        Layer::of_operator(rules(&self.allow), rules(&self.deny), closed)
    }

    /// The services that the group `own` means. An entry that cannot be read is left out.
    pub(super) fn own(&self) -> Own {
        let readable = self.own_services.iter().map(String::as_str).filter(|entry| Own::parse([*entry]).is_ok());
        Own::parse(readable).unwrap_or_default()
    }
}

impl std::str::FromStr for WebhookRules {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let rules = Rule::parse_list(text).map_err(|error| error.to_string())?;
        if rules.is_empty() {
            return Err("expected rules, such as public or 10.0.0.0/8".to_owned());
        }
        Ok(Self(rules))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::WebhookArgs;

    #[derive(Parser)]
    struct Arguments {
        #[command(flatten)]
        webhooks: WebhookArgs,
    }

    #[test]
    fn groups_that_are_opened_are_not_closed_by_default() {
        let parse = |flags: &[&str]| Arguments::parse_from([&["test"], flags].concat()).webhooks;
        let denied =
            |args: &WebhookArgs| args.operator().deny.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        assert_eq!(denied(&parse(&[])), "loopback,link-local,own");
        assert_eq!(denied(&parse(&["--webhook-allow=all"])), "");
        assert_eq!(denied(&parse(&["--webhook-allow=public,loopback"])), "link-local,own");
        assert_eq!(denied(&parse(&["--webhook-allow=all", "--webhook-deny=own"])), "own");
        assert_eq!(denied(&WebhookArgs { on_own_machine: true, ..parse(&[]) }), "link-local,own");
    }
}
