//! The address of a gateway, as people write it.

use reqwest::Url;

/// Reads an address: `https://jobs.example.org/prefix`, or `host`, `host:port` and `[::1]:port`, which mean http, and https on
/// port 443. The answer has no slash at its end.
///
/// # Errors
/// A sentence that says what is expected.
pub(crate) fn endpoint(text: &str) -> Result<String, String> {
    const EXPECTED: &str =
        "expected an address such as http://127.0.0.1:3000, https://jobs.example.org or localhost:3000";
    let text = text.trim();
    let whole = match text.contains("://") {
        true => text.to_owned(),
        false if text.ends_with(":443") => format!("https://{text}"),
        false => format!("http://{text}"),
    };
    let url = Url::parse(&whole).map_err(|error| format!("{error}, {EXPECTED}"))?;
    if !["http", "https"].contains(&url.scheme()) {
        return Err(format!("{}: is not http or https, {EXPECTED}", url.scheme()));
    }
    if !url.has_host() || url.query().is_some() || url.fragment().is_some() {
        return Err(EXPECTED.to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a gateway takes a token (PUPPET_MASTER_API_TOKEN), no user and password in its address".to_owned());
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::endpoint;

    #[test]
    fn an_address_is_understood_as_people_write_it() {
        for (text, url) in [
            ("localhost", "http://localhost"),
            ("localhost:3000", "http://localhost:3000"),
            ("gateway:3000/", "http://gateway:3000"),
            ("127.0.0.1:3000", "http://127.0.0.1:3000"),
            ("[::1]:3000", "http://[::1]:3000"),
            ("jobs.example.org:443", "https://jobs.example.org"),
            ("https://jobs.example.org/v1/teams/a/", "https://jobs.example.org/v1/teams/a"),
            (" http://a ", "http://a"),
        ] {
            assert_eq!(endpoint(text).as_deref(), Ok(url), "{text}");
        }
        for text in ["", "ftp://a", "http://", "http://a?b", "http://a#b", "a b", "localhost:99999", "unix:///run/a"] {
            assert!(endpoint(text).is_err(), "{text}");
        }
        let refused = endpoint("https://u:hunter2@a").unwrap_err();
        assert!(refused.contains("PUPPET_MASTER_API_TOKEN") && !refused.contains("hunter2"), "{refused}");
    }
}
