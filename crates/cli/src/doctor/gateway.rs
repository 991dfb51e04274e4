//! Whether the gateway that is named answers, is of our version, and has our time.

use std::time::UNIX_EPOCH;

use job_model::Timestamp;
use reqwest::header::DATE;
use reqwest::{Method, Response};
use serde_json::Value;
use service::Chain;

use super::Check;
use crate::api::{FilterArgs, Gateway, GatewayArgs};

/// Seconds between two clocks that nobody minds: a Date has whole ones.
const SMALL: i64 = 3;
/// From here on times in logs, filters and retention mislead.
const LARGE: i64 = 60;

pub(super) async fn checks(args: &GatewayArgs) -> Vec<Check> {
    let Some(endpoint) = &args.puppet_master_endpoint else {
        return vec![Check::skip("gateway", "PUPPET_MASTER_ENDPOINT (--server) names none")];
    };
    let Some(token) = args.puppet_master_api_token.clone() else {
        return vec![Check::fail("gateway", "the token is missing", "set PUPPET_MASTER_API_TOKEN (--token)")];
    };
    let gateway = match Gateway::at(endpoint.clone(), token) {
        Ok(gateway) => gateway,
        Err(error) => return vec![Check::fail("gateway", Chain(&*error).to_string(), "mend what the message names")],
    };
    let answer = match gateway.send(Method::GET, "/healthz", None).await {
        Ok(answer) => answer,
        Err(error) => {
            let advice = "start it, or mend the address; for https its certificate must be signed by an authority that the system or \
                          SSL_CERT_FILE knows";
            return vec![Check::fail("gateway", Chain(&*error).to_string(), advice)];
        }
    };
    let date = date(&answer);
    let mut checks = vec![reached(&gateway, endpoint).await];
    checks.extend(date.map(|date| clock("clock", "the gateway", date)));
    checks
}

async fn reached(gateway: &Gateway, endpoint: &str) -> Check {
    if let Err(error) = gateway.list(&FilterArgs::default(), 1, 1).await {
        return Check::fail(
            "gateway",
            Chain(&*error).to_string(),
            "mend what the message names: token, or the gateway's own services",
        );
    }
    if let Err(error) = gateway.send(Method::GET, "/readyz", None).await {
        return Check::warn(
            "gateway",
            Chain(&*error).to_string(),
            "its own services are in trouble: run doctor where it runs",
        );
    }
    let about: anyhow::Result<Value> = gateway.answer(Method::GET, "/openapi.json", None).await;
    let version = about.ok().and_then(|about| Some(about["info"]["version"].as_str()?.to_owned()));
    match version {
        Some(version) if version == env!("CARGO_PKG_VERSION") => {
            Check::ok("gateway", format!("{endpoint}, version {version}"))
        }
        Some(version) => Check::warn(
            "gateway",
            format!("{endpoint}, version {version}, and this is {}", env!("CARGO_PKG_VERSION")),
            "docs/UPGRADING.md says which versions work together",
        ),
        None => Check::ok("gateway", format!("{endpoint}, a version that does not say so")),
    }
}

/// Compares a clock with ours.
pub(super) fn clock(check: &'static str, whose: &str, date: Timestamp) -> Check {
    let seconds = (Timestamp::now().unix_millis() - date.unix_millis()) / 1000;
    if seconds.abs() <= SMALL {
        return Check::ok(check, format!("that of {whose} agrees with this machine's"));
    }
    let found = match seconds {
        1.. => format!("{whose} is {seconds} s behind this machine"),
        _ => format!("{whose} is {} s ahead of this machine", -seconds),
    };
    let advice = "let both machines take their time from NTP (systemd-timesyncd, chrony)";
    if seconds.abs() > LARGE { Check::fail(check, found, advice) } else { Check::warn(check, found, advice) }
}

/// When whoever answered says that they did ([Date](https://www.rfc-editor.org/rfc/rfc9110#section-6.6.1)).
pub(super) fn date(answer: &Response) -> Option<Timestamp> {
    answer.headers().get(DATE).and_then(|date| date.to_str().ok()).and_then(http_date)
}

fn http_date(text: &str) -> Option<Timestamp> {
    let since_epoch = httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
    Timestamp::from_unix_millis(i64::try_from(since_epoch.as_millis()).ok()?)
}

#[cfg(test)]
mod tests {
    use job_model::Timestamp;

    use super::{clock, http_date};
    use crate::doctor::State;

    #[test]
    fn a_clock_is_compared_with_ours() {
        assert_eq!(http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Timestamp::parse("1994-11-06T08:49:37Z").ok());
        assert_eq!(http_date("yesterday"), None);
        let at = |seconds: i64| Timestamp::from_unix_millis(Timestamp::now().unix_millis() + seconds * 1000).unwrap();
        assert_eq!(clock("clock", "it", at(1)).state, State::Ok);
        let ahead = clock("clock", "it", at(31));
        assert!(ahead.state == State::Warn && ahead.found.starts_with("it is 3"), "{ahead:?}");
        assert_eq!(clock("clock", "it", at(-3600)).state, State::Fail);
    }
}
