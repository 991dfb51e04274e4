//! Which jobs are meant, in the words of the API's lists.

use std::num::NonZeroU32;

use job_model::{JobState, Timestamp, TokenName};

use super::encoded;

/// Which jobs are meant.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Which jobs")]
pub(crate) struct FilterArgs {
    /// Only jobs in this state: waiting, running, succeeded, failed, cancelled, timed_out, given_up or expired.
    #[arg(long, value_name = "STATE", value_parser = state)]
    pub(crate) state: Option<JobState>,
    /// Only jobs of this status: created, queued or done.
    #[arg(long, value_name = "STATUS", value_parser = ["created", "queued", "done"])]
    pub(crate) status: Option<String>,
    /// Only jobs created at this time or later: 2026-10-01T12:00:00Z, or so long ago: 30m, 12h, 7d.
    #[arg(long, alias = "created-from", value_name = "TIME", value_parser = time)]
    pub(crate) since: Option<Timestamp>,
    /// Only jobs created at this time or earlier, in the same form.
    #[arg(long, alias = "created-to", value_name = "TIME", value_parser = time)]
    pub(crate) until: Option<Timestamp>,
    /// Only jobs that the token of this name made.
    #[arg(long, value_name = "TOKEN_NAME")]
    pub(crate) owner: Option<TokenName>,
}

impl FilterArgs {
    /// As parameters of an address, each with a `&` in front.
    pub(super) fn query(&self) -> String {
        let time = |time: Option<Timestamp>| time.map(Timestamp::to_whole_seconds);
        let pairs = [
            ("state", self.state.map(|state| state.as_str().to_owned())),
            ("status", self.status.clone()),
            ("created_from", time(self.since)),
            ("created_to", time(self.until)),
            ("owner", self.owner.as_ref().map(ToString::to_string)),
        ];
        pairs.into_iter().filter_map(|(name, value)| Some(format!("&{name}={}", encoded(&value?)))).collect()
    }

    /// Whether it leaves anything out.
    pub(crate) fn is_given(&self) -> bool {
        !self.query().is_empty()
    }
}

fn state(text: &str) -> Result<JobState, String> {
    let names = || JobState::ALL.map(JobState::as_str);
    JobState::parse(&text.replace('-', "_").to_lowercase())
        .ok_or_else(|| format!("expected one of {}", names().join(", ")))
}

fn time(text: &str) -> Result<Timestamp, String> {
    let expected =
        || "expected a time such as 2026-10-01T12:00:00Z, or how long ago, such as 30m, 12h or 7d".to_owned();
    if let Ok(time) = Timestamp::parse(text) {
        return Ok(time);
    }
    let millis = match text.strip_suffix('d').map(str::parse::<NonZeroU32>) {
        Some(days) => u128::from(days.map_err(|_| expected())?.get()) * 86_400_000,
        None => service::config::duration(text).map_err(|_| expected())?.as_millis(),
    };
    let then = i64::try_from(millis).ok().and_then(|millis| Timestamp::now().unix_millis().checked_sub(millis));
    then.and_then(Timestamp::from_unix_millis).ok_or_else(expected)
}

#[cfg(test)]
mod tests {
    use job_model::{JobState, Timestamp};

    use super::{FilterArgs, state, time};

    #[test]
    fn a_time_is_a_moment_or_how_long_ago_it_was() {
        let now = Timestamp::now().unix_millis();
        for (text, ago) in [("90s", 90_000), ("30m", 1_800_000), ("12h", 43_200_000), ("7d", 604_800_000)] {
            let then = time(text).unwrap().unix_millis();
            assert!((now - ago..now - ago + 60_000).contains(&then), "{text}");
        }
        assert_eq!(time("2026-10-01T12:00:00Z").unwrap().to_whole_seconds(), "2026-10-01T12:00:00Z");
        for text in ["", "yesterday", "7w", "-1d", "99999999999d"] {
            assert!(time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_filter_is_the_apis() {
        let since = Timestamp::parse("2026-10-01T12:00:00Z").ok();
        let filter = FilterArgs { state: state("timed-out").ok(), since, ..FilterArgs::default() };
        assert_eq!(filter.state, Some(JobState::TimedOut));
        assert_eq!(filter.query(), "&state=timed%5Fout&created_from=2026%2D10%2D01T12%3A00%3A00Z");
        assert!(filter.is_given() && !FilterArgs::default().is_given());
        assert!(state("done").unwrap_err().contains("timed_out"));
    }
}
