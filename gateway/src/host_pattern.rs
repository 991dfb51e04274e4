//! Names of hosts, and patterns that mean several.

/// Reads a host's name or address, or `*.` and the name that others lie below.
pub(crate) fn pattern(text: &str) -> Result<String, String> {
    let name = text.strip_prefix("*.").unwrap_or(text);
    let star = &text[..text.len() - name.len()];
    if text.is_empty() {
        return Ok(String::new());
    }
    service::config::host(name).map(|name| format!("{star}{name}"))
}

/// A host without the port behind it.
pub(crate) fn without_port(text: &str) -> &str {
    let end = text.rfind(']').map_or(0, |bracket| bracket + 1);
    match text[end..].find(':') {
        Some(colon) => &text[..end + colon],
        None => text,
    }
}

/// Whether a pattern means a host.
pub(crate) fn fits(allowed: &str, named: &str) -> bool {
    let named = named.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
    match allowed.strip_prefix('*') {
        Some(ending) => {
            let start = named.len().checked_sub(ending.len()).filter(|start| *start > 0);
            start.and_then(|start| named.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(ending))
        }
        None => named.eq_ignore_ascii_case(allowed),
    }
}

#[cfg(test)]
mod tests {
    use super::{fits, pattern, without_port};

    #[test]
    fn a_host_is_allowed_by_its_name_whatever_its_port() {
        for (allowed, named, passes) in [
            ("api.example.org", "api.example.org", true),
            ("api.example.org", "API.example.org:8080", true),
            ("api.example.org", "api.example.org.", true),
            ("api.example.org", "api.example.org.evil.test", false),
            ("api.example.org", "", false),
            ("*.example.org", "a.b.example.org", true),
            ("*.example.org", "example.org", false),
            ("*.example.org", ".example.org", false),
            ("*.example.org", "evilexample.org", false),
            ("::1", "[::1]:3000", true),
            ("127.0.0.1", "127.0.0.1:3000", true),
            ("127.0.0.1", "127.0.0.1.evil.test", false),
        ] {
            assert_eq!(fits(&pattern(allowed).unwrap(), without_port(named)), passes, "{allowed} {named}");
        }
        for text in ["https://a", "a:80", "a/b", "*", "*.", "a b"] {
            assert!(pattern(text).is_err(), "{text}");
        }
    }
}
