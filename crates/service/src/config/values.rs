//! Reading single values: each function refuses what no process could run with, in words that follow "malformed value".

use std::fmt::Display;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;
use std::time::Duration;

/// The longest time that can be configured: about a hundred years, so that adding it to a time of day cannot overflow.
const LONGEST: Duration = Duration::from_secs(876_000 * 3600);

/// Reads a boolean as the predecessor did: 1, t, true, 0, f, false, in lower, upper or title case.
///
/// # Errors
/// A sentence that lists what is accepted.
pub fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err("expected true or false".to_owned()),
    }
}

/// Reads a length of time: a number of seconds, or one with a unit (`250ms`, `5s`, `10m`, `1h`).
///
/// # Errors
/// A sentence that lists what is accepted.
pub fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let factor = match unit {
        "ms" => 1,
        "" | "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err("expected a number with ms, s, m or h".to_owned()),
    };
    let millis = number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
    let time = millis.map(Duration::from_millis).ok_or_else(|| "expected a number with ms, s, m or h".to_owned())?;
    if time > LONGEST { Err(format!("expected at most {}", time_text(LONGEST))) } else { Ok(time) }
}

/// Reads a length of time that is not shorter than `least`.
pub fn duration_from(least: Duration) -> impl Fn(&str) -> Result<Duration, String> + Clone + Send + Sync + 'static {
    move |text| {
        let time = duration(text)?;
        if time < least { Err(format!("expected at least {}", time_text(least))) } else { Ok(time) }
    }
}

/// Reads a length of time that is not shorter than `least`, or 0, which switches something off.
pub fn zero_or_duration_from(
    least: Duration,
) -> impl Fn(&str) -> Result<Duration, String> + Clone + Send + Sync + 'static {
    move |text| {
        let time = duration(text)?;
        if time < least && !time.is_zero() {
            return Err(format!("expected 0 or at least {}", time_text(least)));
        }
        Ok(time)
    }
}

/// Reads a server's host: a name or an address. The brackets of an IPv6 address may be there and are taken off.
///
/// # Errors
/// A sentence that says what is expected, as for a URL.
pub fn host(text: &str) -> Result<String, String> {
    let address = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let named = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    if address.parse::<Ipv6Addr>().is_ok() || (!text.is_empty() && text.chars().all(named)) {
        return Ok(address.to_owned());
    }
    Err("expected a host's name or address, without scheme, port and path".to_owned())
}

/// A server's host, and its port where that is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPort {
    /// Name or address, an IPv6 address without brackets.
    pub host: String,
    /// Port.
    pub port: Option<u16>,
}

/// Reads a server's host, and a port behind a colon. An IPv6 address with a port has brackets.
///
/// # Errors
/// A sentence that says what is expected.
pub fn host_and_port(text: &str) -> Result<HostPort, String> {
    let text = text.trim();
    if let Ok(host) = host(text) {
        return Ok(HostPort { host, port: None });
    }
    let expected = "expected a host's name or address, and a port behind a colon if need be, without scheme and path";
    let (name, port) = text.rsplit_once(':').ok_or(expected)?;
    let port = port.parse().ok().filter(|port| *port > 0).ok_or(expected)?;
    // A colon more would be an address of IPv6 without brackets.
    if name.contains(':') && !name.starts_with('[') {
        return Err(expected.to_owned());
    }
    Ok(HostPort { host: host(name).map_err(|_| expected)?, port: Some(port) })
}

/// Reads an address to listen on. The brackets of an IPv6 address may be there.
///
/// # Errors
/// A sentence that says what is expected: a name would have to be looked up first.
pub fn address(text: &str) -> Result<IpAddr, String> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let expected = "expected an address of this machine, such as 127.0.0.1 or ::1, or 0.0.0.0 or :: for all of them";
    bare.parse().map_err(|_| expected.to_owned())
}

/// Reads a whole number that is not below `least`.
pub fn number_from<N>(least: N) -> impl Fn(&str) -> Result<N, String> + Clone + Send + Sync + 'static
where
    N: FromStr<Err: Display> + PartialOrd + Display + Copy + Send + Sync + 'static,
{
    move |text| {
        let number: N = text.parse().map_err(|error: N::Err| error.to_string())?;
        if number < least { Err(format!("expected at least {least}")) } else { Ok(number) }
    }
}

/// Reads a whole number between `least` and `most`, both included.
pub fn number_between<N>(least: N, most: N) -> impl Fn(&str) -> Result<N, String> + Clone + Send + Sync + 'static
where
    N: FromStr<Err: Display> + PartialOrd + Display + Copy + Send + Sync + 'static,
{
    move |text| {
        let number = number_from(least)(text)?;
        if number > most { Err(format!("expected at most {most}")) } else { Ok(number) }
    }
}

/// Writes a length of time as it is configured: `250ms`, `5s`, `10m`, `1h`, in the largest unit that says it exactly.
pub fn time_text(time: Duration) -> String {
    let millis = time.as_millis();
    for (factor, unit) in [(3_600_000, "h"), (60_000, "m"), (1000, "s")] {
        if millis >= factor && millis.is_multiple_of(factor) {
            return format!("{}{unit}", millis / factor);
        }
    }
    format!("{millis}ms")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{
        address, boolean, duration, duration_from, host, number_between, number_from, time_text, zero_or_duration_from,
    };

    #[test]
    fn booleans_are_the_predecessors() {
        for (text, value) in [("1", true), ("true", true), ("TRUE", true), ("0", false), ("False", false)] {
            assert_eq!(boolean(text), Ok(value));
        }
        for text in ["", "yes", "on", "tRue"] {
            assert!(boolean(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_take_units() {
        for (text, millis) in [("250ms", 250), ("5", 5000), ("5s", 5000), ("2m", 120_000), ("1h", 3_600_000)] {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)));
        }
        for text in ["", "s", "-1", "1.5s", "1d", "99999999999999999999", "18446744073709551615h", "876001h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_host_is_a_name_or_an_address_and_nothing_more() {
        for text in ["couchdb", "my_db.example.org", "10.0.0.1", "::1", "bücher.example"] {
            assert_eq!(host(text).as_deref(), Ok(text));
        }
        assert_eq!(host("[::1]").as_deref(), Ok("::1"));
        for text in ["", "http://couchdb", "couchdb:5984", "couchdb/prefix", "a b", "user@couchdb", "[couchdb]", "["] {
            assert!(host(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_address_is_a_number() {
        assert_eq!(address("[::1]"), address("::1"));
        for text in ["127.0.0.1", "0.0.0.0", "::"] {
            assert_eq!(address(text).unwrap().to_string(), text);
        }
        for text in ["", "localhost", "127.0.0.1:80", "*", "[127.0.0.1", "10.0.0.0/8"] {
            assert!(address(text).is_err(), "{text}");
        }
    }

    #[test]
    fn bounds_are_named() {
        assert_eq!(duration_from(Duration::from_secs(1))("1000ms"), Ok(Duration::from_secs(1)));
        assert_eq!(duration_from(Duration::from_secs(1))("999ms"), Err("expected at least 1s".to_owned()));
        assert_eq!(zero_or_duration_from(Duration::from_secs(1))("0"), Ok(Duration::ZERO));
        let refused = zero_or_duration_from(Duration::from_secs(1))("1ms");
        assert_eq!(refused, Err("expected 0 or at least 1s".to_owned()));
        assert_eq!(number_from(8_u32)("7"), Err("expected at least 8".to_owned()));
        assert_eq!(number_from(8_u32)("many"), Err("invalid digit found in string".to_owned()));
        assert_eq!(number_between(8_u32, 9)("10"), Err("expected at most 9".to_owned()));
        assert_eq!(number_between(8_u32, 9)("9"), Ok(9));
    }

    #[test]
    fn times_are_said_as_they_are_configured() {
        for text in ["0ms", "250ms", "5s", "90s", "10m", "1h", "36h"] {
            assert_eq!(time_text(duration(text).unwrap()), text);
        }
    }
}
