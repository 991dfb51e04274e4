//! The operator's flags for Chromium (CHROMIUM_EXTRA_ARGS) that are about the network: what they mean is kept here, because
//! Chromium itself reaches nothing but the guard.

use egress::upstream::ChosenBy;
use egress::{HostRules, Upstream};

use super::rules::proxy_server;

/// The flags by what becomes of them.
#[derive(Debug)]
pub(super) struct ChromiumArguments {
    /// What Chromium gets.
    pub(super) kept: Vec<String>,
    /// `--proxy-server`, which the guard goes through.
    pub(super) upstream: Option<Upstream>,
    /// `--host-resolver-rules`, which the guard's resolver keeps.
    pub(super) host_rules: Option<HostRules>,
}

/// Flags that let Chromium choose its way by itself.
const REFUSED: [(&str, &str); 2] =
    [("--proxy-pac-url", "a script that picks proxies"), ("--proxy-auto-detect", "a proxy that is looked for")];

impl ChromiumArguments {
    /// Sorts the flags.
    ///
    /// # Errors
    /// A sentence that names the flag whose meaning cannot be kept.
    pub(super) fn read(args: &[String]) -> Result<Self, String> {
        let (mut kept, mut server, mut bypass, mut host_rules) = (Vec::new(), None, "", None);
        for arg in args {
            let (name, value) = arg.split_once('=').unwrap_or((arg, ""));
            if let Some((_, what)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
                return Err(format!(
                    "{name} names {what}, which the guard of the network cannot follow: name one proxy with --proxy-server"
                ));
            }
            // Of a flag given twice Chromium takes the last one.
            match name {
                "--proxy-server" => server = Some(value),
                "--no-proxy-server" => server = None,
                "--proxy-bypass-list" => bypass = value,
                "--host-resolver-rules" | "--host-rules" => host_rules = Some(value),
                _ => kept.push(arg.clone()),
            }
        }
        let upstream = match server {
            Some(server) => proxy_server(&names_by_proxy(server), bypass, ChosenBy::Operator)
                .map_err(|error| format!("--proxy-server: {error}"))?,
            None => None,
        };
        let host_rules = host_rules.map(HostRules::parse).transpose();
        let host_rules = host_rules.map_err(|error| format!("--host-resolver-rules: {error}"))?;
        Ok(Self { kept, upstream, host_rules })
    }
}

/// Chromium leaves names to a SOCKS5 proxy, and where the operator has one there may be no other resolver.
fn names_by_proxy(server: &str) -> String {
    let rest = server.strip_prefix("socks5://").or_else(|| server.strip_prefix("socks://"));
    rest.map_or_else(|| server.to_owned(), |rest| format!("socks5h://{rest}"))
}

#[cfg(test)]
mod tests {
    use super::ChromiumArguments;

    fn read(args: &[&str]) -> Result<ChromiumArguments, String> {
        ChromiumArguments::read(&args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_proxy_becomes_the_guards_and_other_flags_stay() {
        let args = ["--lang=de", "--proxy-server=socks5://corp:1080", "--proxy-bypass-list=*.corp", "--mute-audio"];
        let read = read(&args).expect("arguments");
        assert_eq!(read.kept, ["--lang=de", "--mute-audio"]);
        assert_eq!(read.upstream.map(|upstream| upstream.to_string()).as_deref(), Some("socks5h://corp:1080"));
    }

    #[test]
    fn what_goes_past_the_guard_is_refused_by_name() {
        for args in [
            ["--proxy-pac-url=http://a/proxy.pac"],
            ["--proxy-auto-detect"],
            ["--proxy-server=http=a;https=b"],
            ["--proxy-server=socks4://a"],
            ["--host-resolver-rules=MAP *:80 a"],
        ] {
            let error = read(&args).expect_err(args[0]);
            assert!(error.starts_with(args[0].split('=').next().expect("a name")), "{error}");
        }
    }
}
