//! Every known way round a guard, tried by jobs and their pages in a real Chromium: none reaches a listener that is closed.
//!
//! The same cases then run with everything open, to show that they would reach it.

use std::collections::BTreeSet;

use crate::cases::{ADDRESSES, CASES, PRELUDE};
use crate::guarded_slot::GuardedSlot;
use crate::listener::Listener;
use crate::site::Site;

/// This machine is closed but for the site's address.
const CLOSED: &str = "--network-deny=127.0.0.1,::1,::,0.0.0.0/8,link-local,private,own";

struct World {
    slot: GuardedSlot,
    listener: Listener,
    site: Site,
}

impl World {
    async fn start(policy: &str) -> Self {
        let (listener, site) = (Listener::start().await, Site::start("127.0.0.2").await);
        let slot = GuardedSlot::start(&[policy]).await;
        slot.names.set("site.test", &[&["127.0.0.2"]]);
        slot.names.set("closed.test", &[&["127.0.0.1"]]);
        slot.names.set("closed6.test", &[&["::1"]]);
        slot.names.set("mapped.test", &[&["::ffff:127.0.0.1"]]);
        slot.names.set("nat64.test", &[&["64:ff9b::7f00:1"]]);
        slot.names.set("zero.test", &[&["0.0.0.0"]]);
        slot.names.set("xn--bcher-kva.test", &[&["127.0.0.1"]]);
        Self { slot, listener, site }
    }

    async fn run(&mut self, name: &str, code: &str, patience: &str) {
        self.listener.seen.begin(name);
        // The first answer is open, the next one is not.
        self.slot.names.set("rebind.test", &[&["127.0.0.2"], &["127.0.0.1"]]);
        let (port, site, site_port) =
            (self.listener.port.to_string(), self.site.origin(), self.site.address.port().to_string());
        let vars =
            [("port", &*port), ("site", &*site), ("site_port", &*site_port), ("patience", patience), ("name", name)];
        let result = self.slot.run(&format!("{PRELUDE}\n{code}"), &vars).await;
        assert_eq!(result.error, None, "{name}: {result:?}");
    }

    async fn run_all(&mut self, patience: &str) {
        for (name, _, code) in CASES {
            self.run(name, code, patience).await;
        }
        let list: Vec<String> = ADDRESSES.iter().map(|(address, _)| format!("`{address}`")).collect();
        let code = format!(
            "await page.goto(html('<p>addresses'));
             await page.evaluate((list, port) => Promise.all(list.map(address =>
                 fetch(`http://${{address}}:${{port}}/${{encodeURIComponent(address)}}`, {{mode: 'no-cors'}}).catch(() => 0))),
                 [{}], vars.port);
             await settle();",
            list.join(",")
        );
        self.run("addresses", &code, patience).await;
    }
}

#[tokio::test]
async fn nothing_reaches_a_closed_listener() {
    assert!(CASES.len() + ADDRESSES.len() >= 60);
    let mut world = World::start(CLOSED).await;
    world.run_all("250").await;
    assert_eq!(world.listener.seen.all(), [], "a closed listener was reached");
    world.slot.end().await;
}

#[tokio::test]
async fn the_same_cases_reach_the_listener_when_it_is_open() {
    let mut world = World::start("--network-allow=all").await;
    world.run_all("600").await;
    let expected: BTreeSet<String> =
        CASES.iter().filter(|(_, reaches, _)| *reaches).map(|(name, ..)| (*name).to_owned()).collect();
    // A busy machine takes its time.
    for patience in ["2000", "5000"] {
        let seen = world.listener.seen.cases();
        for (name, _, code) in CASES.iter().filter(|(name, ..)| expected.contains(*name) && !seen.contains(*name)) {
            world.run(name, code, patience).await;
        }
    }
    let seen = world.listener.seen.cases();
    let missing: Vec<_> = expected.difference(&seen).collect();
    let surprising: Vec<_> = seen.difference(&expected).filter(|name| *name != "addresses").collect();
    assert!(missing.is_empty() && surprising.is_empty(), "did not reach it: {missing:?}; did: {surprising:?}");
    let lines: Vec<String> = world.listener.seen.all().into_iter().map(|(_, line)| line).collect();
    for (address, reaches) in ADDRESSES {
        let path = format!("GET /{} ", encoded(address));
        assert_eq!(lines.iter().any(|line| line.contains(&path)), *reaches, "{address}: {path}");
    }
    world.slot.end().await;
}

/// As `encodeURIComponent`.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |all, byte| match byte {
        byte if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) => all + &char::from(byte).to_string(),
        byte => format!("{all}%{byte:02X}"),
    })
}
