//! The operator's settings of the network.

use std::num::NonZeroU16;

use clap::Args;
use egress::policy::{CLOSED, CLOSED_ON_OWN_MACHINE, Group, Rule};
use egress::{Layer, Target};
use service::config::number_from;

use crate::safeguard_choice::SafeguardChoice;

/// JOB_NETWORK_BYTES: a page's own bytes are more.
const LEAST_BYTES: u64 = 10_000;

/// What jobs may reach.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Network")]
pub struct NetworkArgs {
    /// What jobs may reach, as rules with commas: groups (`public`, `private`, `loopback`, `link-local`, `own`, `all`), addresses,
    /// CIDRs, hosts and `*.host`, each with `:port` or `:from-to` if wanted. Default: all that NETWORK_DENY does not name.
    #[arg(long, env = "NETWORK_ALLOW", value_name = "RULES", value_parser = rules)]
    pub network_allow: Option<NetworkRules>,
    /// What jobs may not reach, in the same form; takes precedence over NETWORK_ALLOW. Default: `loopback,link-local,own`, in
    /// `puppet-master up`, `run` and `exec` `link-local,own`, each without the groups that NETWORK_ALLOW names.
    #[arg(long, env = "NETWORK_DENY", value_name = "RULES", value_parser = rules)]
    pub network_deny: Option<NetworkRules>,
    /// Further services of yours that the group `own` means, as host:port with commas: database, gateway, the broker's management
    /// page. The broker, the status port and what `puppet-master up` listens on are among them already.
    #[arg(long, env = "NETWORK_OWN", value_name = "SERVICES", value_parser = services)]
    pub network_own: Option<OwnServices>,
    /// Bytes that a job's pages may send and receive together.
    #[arg(long, env = "JOB_NETWORK_BYTES", value_name = "BYTES", default_value_t = 10_000_000_000,
          value_parser = number_from(LEAST_BYTES))]
    pub job_network_bytes: u64,
    /// Connections that a job's pages may have open at the same time; further ones fail.
    #[arg(long, env = "JOB_CONNECTIONS", value_name = "CONNECTIONS", default_value_t = 1024,
          value_parser = number_from(1_u32))]
    pub job_connections: u32,
    /// A network namespace around each slot and its Chromium, in which there is nothing but the guard of the network. `auto`: when the
    /// system allows it to this user; `on`: the executor does not start without it; `off`: none.
    #[arg(long, env = "EXECUTOR_NETNS", value_name = "WHEN", value_enum, default_value_t = SafeguardChoice::Auto)]
    pub executor_netns: SafeguardChoice,
    /// Services of the program's own that the group `own` means.
    #[arg(skip)]
    pub own_services: Vec<String>,
    /// Whether jobs run on a machine of one's own: its servers are open then.
    #[arg(skip)]
    pub on_own_machine: bool,
}

/// A list of rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkRules(Vec<Rule>);

/// A list of `host:port`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnServices(Vec<String>);

impl NetworkArgs {
    /// Adds a service of the program's own to the group `own`.
    pub fn add_own(&mut self, host: &str, port: impl Into<u16>) {
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        self.own_services.push(format!("{host}:{}", port.into()));
    }

    /// Returns what the operator leaves open.
    pub(super) fn operator(&self) -> Layer {
        let closed = if self.on_own_machine { CLOSED_ON_OWN_MACHINE } else { CLOSED };
        let rules = |rules: &Option<NetworkRules>| rules.as_ref().map(|rules| rules.0.clone());
        Layer::of_operator(rules(&self.network_allow), rules(&self.network_deny), closed)
    }

    /// Returns the services that the group `own` means.
    pub(super) fn own(&self, status_port: Option<NonZeroU16>) -> Vec<String> {
        let mut own = self.own_services.clone();
        own.extend(self.network_own.iter().flat_map(|services| services.0.clone()));
        // It listens on every address of the machine.
        own.extend(status_port.map(|port| format!("0.0.0.0:{port}")));
        own
    }
}

fn rules(text: &str) -> Result<NetworkRules, String> {
    let rules = Rule::parse_list(text).map_err(|error| error.to_string())?;
    if rules.is_empty() {
        return Err(format!("expected rules, such as {} or 10.0.0.0/8", Group::Loopback.word()));
    }
    Ok(NetworkRules(rules))
}

fn services(text: &str) -> Result<OwnServices, String> {
    let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    let read = entries.map(|entry| match Target::parse_authority(entry) {
        Ok(_) => Ok(entry.to_owned()),
        Err(error) => Err(format!("expected host:port: {error}")),
    });
    read.collect::<Result<_, _>>().map(OwnServices)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::NetworkArgs;

    #[derive(Parser)]
    struct Arguments {
        #[command(flatten)]
        network: NetworkArgs,
    }

    fn parse(flags: &[&str]) -> NetworkArgs {
        Arguments::parse_from([&["test"], flags].concat()).network
    }

    fn denied(flags: &[&str]) -> String {
        let rules = parse(flags).operator().deny;
        rules.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    }

    #[test]
    fn groups_that_are_opened_are_not_closed_by_default() {
        assert_eq!(denied(&[]), "loopback,link-local,own");
        assert_eq!(denied(&["--network-allow=all"]), "");
        assert_eq!(denied(&["--network-allow=public,private,loopback"]), "link-local,own");
        assert_eq!(denied(&["--network-allow=public,127.0.0.1:80"]), "loopback,link-local,own");
        assert_eq!(denied(&["--network-allow=all", "--network-deny=own"]), "own");
        let on_own_machine = NetworkArgs { on_own_machine: true, ..parse(&[]) };
        assert_eq!(on_own_machine.operator().deny.len(), 2);
    }

    #[test]
    fn our_own_services_have_brackets_where_they_need_them() {
        let mut args = parse(&["--network-own=couchdb:5984, gateway:80"]);
        args.add_own("::1", 5672_u16);
        args.add_own("queue", 5672_u16);
        let own = args.own(std::num::NonZeroU16::new(3001));
        assert_eq!(own, ["[::1]:5672", "queue:5672", "couchdb:5984", "gateway:80", "0.0.0.0:3001"]);
    }
}
