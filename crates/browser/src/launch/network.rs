//! What keeps a Chromium's traffic to its proxies. Without a proxy of its own a Chromium gets none of this.

/// Flags that close what no proxy sees: QUIC, WebRTC's UDP, lookups of names and connections ahead of requests.
const FLAGS: [&str; 6] = [
    "--disable-quic",
    // The old shell and the browser with windows have one name each.
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--dns-prefetch-disable",
    // Chromium goes straight to this machine unless it is told not to.
    "--proxy-bypass-list=<-loopback>",
    // Names are looked up by the proxies, which themselves have addresses of 127.0.0.0/8.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.*",
];

/// Returns the flags for a Chromium whose own context has this proxy. They come last: of a flag given twice Chromium takes the
/// last one.
pub(super) fn flags(proxy_server: &str) -> impl Iterator<Item = String> {
    let proxy = format!("--proxy-server={proxy_server}");
    FLAGS.iter().map(|flag| (*flag).to_owned()).chain([proxy])
}
