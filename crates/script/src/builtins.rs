//! The modules that a job may import without having them: Node's, Puppeteer's, and what to use instead of all others.

/// A module of the prelude that a job's code may import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Builtin {
    /// The name, without `node:`.
    pub(crate) name: &'static str,
    /// The prelude's module whose default export is what CommonJS gets; its members are the named exports.
    pub(crate) url: &'static str,
}

macro_rules! builtins {
    ($($name:literal => $url:literal)*) => {
        const BUILTINS: &[Builtin] = &[$(Builtin { name: $name, url: concat!("internal:", $url) }),*];
    };
}
builtins! {
    "assert" => "node/assert"
    "assert/strict" => "node/assert"
    "async_hooks" => "node/async_hooks"
    "buffer" => "node/buffer_module"
    "child_process" => "node/child_process"
    "cluster" => "node/cluster"
    "console" => "node/console_module"
    "constants" => "node/constants"
    "crypto" => "node/crypto"
    "dgram" => "node/dgram"
    "diagnostics_channel" => "node/diagnostics_channel"
    "dns" => "node/dns"
    "dns/promises" => "node/dns_promises"
    "domain" => "node/domain"
    "events" => "node/events"
    "fs" => "node/fs"
    "fs/promises" => "node/fs_promises"
    "http" => "node/http"
    "http2" => "node/http2"
    "https" => "node/https"
    "inspector" => "node/inspector"
    "inspector/promises" => "node/inspector"
    "module" => "node/module"
    "net" => "node/net"
    "os" => "node/os"
    "path" => "node/path"
    "path/posix" => "node/path"
    "path/win32" => "node/path"
    "perf_hooks" => "node/performance"
    "process" => "node/process"
    "punycode" => "node/punycode"
    "querystring" => "node/querystring"
    "readline" => "node/readline"
    "readline/promises" => "node/readline_promises"
    "repl" => "node/repl"
    "stream" => "node/stream"
    "stream/consumers" => "node/stream_consumers"
    "stream/promises" => "node/stream_promises"
    "stream/web" => "node/stream_web"
    "string_decoder" => "node/string_decoder"
    "sys" => "node/util"
    "timers" => "node/timers_module"
    "timers/promises" => "node/timers_promises"
    "tls" => "node/tls"
    "tty" => "node/tty"
    "url" => "node/url_module"
    "util" => "node/util"
    "util/types" => "node/util_types"
    "v8" => "node/v8"
    "vm" => "node/vm"
    "worker_threads" => "node/worker_threads"
    "zlib" => "node/zlib"
    "node-fetch" => "node/node_fetch"
    "undici" => "node/undici"
    "dotenv" => "node/dotenv"
    "dotenv/config" => "node/dotenv"
    "puppeteer" => "puppeteer/module"
    "puppeteer-core" => "puppeteer/module"
    "puppeteer-extra" => "puppeteer/extra"
    "puppeteer/DeviceDescriptors" => "puppeteer/device_descriptors"
    "puppeteer-core/DeviceDescriptors" => "puppeteer/device_descriptors"
}

/// Plugins of puppeteer-extra: accepted, and they do nothing.
const PLUGIN: Builtin = Builtin { name: "puppeteer-extra-plugin", url: "internal:puppeteer/extra_plugin" };

/// What is not there, and what to use instead.
const ABSENT: &[(&[&str], &str)] = &[
    (&["sqlite"], "a job has no database: write a file, or send what it found with fetch"),
    (&["test", "test/reporters"], "a job is not a test run: call what the test does, and throw when it is wrong"),
    (&["wasi", "trace_events", "sea"], "it is not available to jobs"),
];

/// The module of this name, with or without `node:`.
pub(crate) fn find(name: &str) -> Option<Builtin> {
    if name.starts_with("puppeteer-extra-plugin-") {
        return Some(PLUGIN);
    }
    let plain = name.strip_prefix("node:").unwrap_or(name);
    BUILTINS.iter().find(|builtin| builtin.name == plain).copied()
}

/// What to use instead of a module of Node that jobs do not have.
pub(crate) fn instead_of(name: &str) -> Option<String> {
    let plain = name.strip_prefix("node:").unwrap_or(name);
    if let Some((_, reason)) = ABSENT.iter().find(|(names, _)| names.contains(&plain)) {
        return Some((*reason).to_owned());
    }
    name.starts_with("node:").then(|| {
        let names: Vec<&str> = BUILTINS.iter().map(|builtin| builtin.name).collect();
        format!("jobs have of Node: {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::{BUILTINS, find, instead_of};

    #[test]
    fn names_mean_the_same_with_and_without_node() {
        for builtin in BUILTINS {
            assert_eq!(find(builtin.name), find(&format!("node:{}", builtin.name)));
        }
        assert!(find("puppeteer-extra-plugin-stealth").is_some());
        assert_eq!(find("left-pad"), None);
    }

    #[test]
    fn the_module_named_module_lists_what_jobs_have_of_node() {
        let (_, text) = include_str!("../js/node/module.js").split_once("builtinModules = [").unwrap();
        let (list, _) = text.split_once(']').unwrap();
        let listed: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
        let there: Vec<&str> = BUILTINS
            .iter()
            .filter(|builtin| builtin.url.starts_with("internal:node/"))
            .map(|builtin| builtin.name)
            .filter(|name| !["dotenv", "dotenv/config", "node-fetch", "undici"].contains(name))
            .collect();
        assert_eq!(listed, there);
    }

    #[test]
    fn what_is_absent_says_what_to_use() {
        assert!(instead_of("node:sqlite").unwrap().contains("database"));
        assert!(instead_of("node:nope").unwrap().starts_with("jobs have of Node: assert, "));
        assert_eq!(instead_of("left-pad"), None);
    }
}
