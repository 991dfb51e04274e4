//! What has to hold for every address and every policy.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use egress::policy::{Group, Own, faces};
use egress::{Host, Layer, Policy, Target};
use proptest::prelude::*;

fn target(address: IpAddr, port: u16) -> Target {
    Target { host: Host::Address(address.to_canonical()), port }
}

fn passes(policy: &Policy, address: IpAddr, port: u16) -> bool {
    policy.judge(&target(address, port), address, &Own::default()).is_ok()
}

fn deny(rules: &str) -> Policy {
    Layer::parse("operator", None, Some(rules)).expect("rules").into()
}

/// Returns every IPv6 spelling of an IPv4 address that something on the way may take back to it.
fn embeddings(address: Ipv4Addr, noise: u128) -> Vec<Ipv6Addr> {
    let [a, b, c, d] = address.octets().map(u128::from);
    let bits = u128::from(u32::from(address));
    let prefix = |text: &str| u128::from(text.parse::<Ipv6Addr>().expect("a prefix"));
    let low = |count: u32| noise & ((1u128 << count) - 1);
    let nat64 = prefix("64:ff9b:1::");
    vec![
        (prefix("::ffff:0:0") | bits).into(),
        bits.into(),
        (prefix("::ffff:0:0:0") | bits).into(),
        (prefix("64:ff9b::") | bits).into(),
        // RFC 6052 with prefixes of 48, 56, 64 and 96 bits; the ninth octet is left out.
        (nat64 | (a << 72) | (b << 64) | (c << 48) | (d << 40) | low(40)).into(),
        (nat64 | (a << 64) | (b << 48) | (c << 40) | (d << 32) | low(32)).into(),
        (nat64 | (a << 48) | (b << 40) | (c << 32) | (d << 24) | low(24)).into(),
        (nat64 | bits | ((noise & 0xffff_ffff_ffff) << 32)).into(),
        (prefix("2002::") | (bits << 80) | low(80)).into(),
        // Teredo: as its server, and as its client.
        (prefix("2001::") | (bits << 64) | low(64)).into(),
        (prefix("2001::") | (low(64) << 32) | u128::from(!u32::from(address))).into(),
        // ISATAP, under any prefix.
        ((noise << 64) | (0x5efe << 32) | bits).into(),
        ((noise << 64) | (0x0200_5efe << 32) | bits).into(),
    ]
}

fn any_v4() -> impl Strategy<Value = Ipv4Addr> {
    // Ranges that are split somewhere come more often than chance would have them.
    let edges = prop::sample::select(vec![
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.100.100.200",
        "168.63.129.16",
        "0.0.0.0",
        "0.0.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "192.0.2.1",
        "8.8.8.8",
    ]);
    prop_oneof![any::<u32>().prop_map(Ipv4Addr::from), edges.prop_map(|text| text.parse().expect("an address")),]
}

fn any_address() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        any_v4().prop_map(IpAddr::from),
        any::<u128>().prop_map(|bits| Ipv6Addr::from(bits).into()),
        (any_v4(), any::<u128>(), 0..13usize)
            .prop_map(|(address, noise, form)| embeddings(address, noise)[form].into()),
    ]
}

fn any_rules() -> impl Strategy<Value = String> {
    let rule = prop::sample::select(vec![
        "loopback",
        "link-local",
        "private",
        "public",
        "all:80",
        "10.0.0.0/8",
        "8.8.8.8",
        "fc00::/7",
        "0.0.0.0/1",
        "2000::/3:1-100",
        "*.example.com",
        "example.com",
    ]);
    prop::collection::vec(rule, 0..4).prop_map(|rules| rules.join(","))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_embedding_of_a_denied_address_passes(address in any_v4(), noise: u128, prefix in 0u8..=32, port in 1u16..) {
        let net = ipnet::Ipv4Net::new(address, prefix).expect("a prefix").trunc();
        // A short reading of the local-use NAT64 range leaves 0.0.0.0/8 out, which no translator forwards.
        let forwarded = address.octets()[0] != 0;
        let policy = deny(&net.to_string());
        for (form, embedding) in embeddings(address, noise).into_iter().enumerate() {
            prop_assert!(!passes(&policy, embedding.into(), port) || (!forwarded && (4..7).contains(&form)), "{embedding}");
        }
    }

    #[test]
    fn no_embedding_leaves_the_group_that_is_denied(address in any_v4(), noise: u128) {
        let group = Group::of_address(address.into());
        if group == Group::Public || address.octets()[0] == 0 {
            return Ok(());
        }
        let policy = deny(group.word());
        for embedding in embeddings(address, noise) {
            prop_assert!(!passes(&policy, embedding.into(), 80), "{embedding} carries {address}");
            prop_assert!(Group::of_address(embedding.into()) >= group, "{embedding} carries {address}");
        }
    }

    #[test]
    fn what_public_opens_carries_nothing_else(address in any_address()) {
        let policy: Policy = Layer::parse("job", Some("public"), None).expect("rules").into();
        if passes(&policy, address, 80) {
            for face in faces(address) {
                prop_assert_eq!(Group::of_address(face), Group::Public, "{}", face);
            }
        }
    }

    #[test]
    fn every_address_is_in_exactly_one_group(address in any_address()) {
        let groups = ["loopback", "link-local", "private", "public"];
        let open = |group: &&&str| {
            let layer = Layer::parse("job", Some(group), None).expect("a group");
            passes(&layer.into(), address, 80)
        };
        prop_assert_eq!(groups.iter().filter(open).count(), 1);
    }

    #[test]
    fn an_intersection_allows_what_both_allow(
        address in any_address(), port in 1u16..200, (a, b) in (any_rules(), any_rules()), (c, d) in (any_rules(), any_rules()),
    ) {
        let one: Policy = Layer::parse("one", Some(&a), Some(&b)).expect("rules").into();
        let two: Policy = Layer::parse("two", Some(&c), Some(&d)).expect("rules").into();
        let both = passes(&one, address, port) && passes(&two, address, port);
        prop_assert_eq!(passes(&one.clone().intersect(two.clone()), address, port), both);
        prop_assert_eq!(passes(&two.intersect(one), address, port), both);
    }

    #[test]
    fn deny_takes_precedence_and_more_of_it_opens_nothing(address in any_address(), allow in any_rules(), deny in any_rules(), more in any_rules()) {
        let judge = |deny: &str| {
            passes(&Layer::parse("job", Some(&allow), Some(deny)).expect("rules").into(), address, 80)
        };
        let longer = format!("{deny},{more}");
        prop_assert!(judge(&deny) || !judge(&longer));
    }

    #[test]
    fn every_spelling_of_an_address_is_judged_alike(address in any_v4()) {
        let [a, b, c, d] = address.octets();
        let number = u32::from(address);
        let spellings = [
            format!("{address}"),
            format!("{address}."),
            format!("{number}"),
            format!("{number:#x}"),
            format!("0{number:o}"),
            format!("{a:#x}.{b:#o}.{c}.{d}").replace("0o", "0"),
            format!("{a}.{}", number & 0x00ff_ffff),
            format!("{a}.{b}.{}", number & 0xffff),
            format!("[::ffff:{address}]"),
        ];
        for spelling in spellings {
            prop_assert_eq!(Host::parse(&spelling), Ok(Host::Address(address.into())), "{}", spelling);
        }
    }

    #[test]
    fn no_text_upsets_the_parsers(text in "\\PC{0,40}", rules in "[a-z0-9.:*/\\[\\], -]{0,40}") {
        let _ = Host::parse(&text);
        let _ = Target::parse_with_default(&text, Some(80));
        let _ = egress::policy::Rule::parse_list(&text);
        let _ = egress::policy::Rule::parse_list(&rules);
        let _ = egress::Upstream::parse(&text, egress::upstream::ChosenBy::Job);
    }
}
