//! Parts of a job that flags give: how each is read.

use std::path::PathBuf;
use std::time::Duration;

use job_model::{Api, FileName, Language};

/// The longest timeout of a job, in seconds.
const LONGEST: u64 = 86_400;

/// A file, and what it is called in the job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedFile {
    /// Its name in the job; its own when absent.
    pub(crate) name: Option<String>,
    /// Where it is.
    pub(crate) path: PathBuf,
}

impl NamedFile {
    /// As a file of the job.
    pub(crate) fn file_name(&self) -> anyhow::Result<FileName> {
        let own = || self.path.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = self.name.clone().or_else(own).unwrap_or_default();
        Ok(FileName::parse(&name)?)
    }
}

/// Reads `NAME=FILE`, or `FILE`.
pub(crate) fn named_file(text: &str) -> Result<NamedFile, String> {
    let (name, path) = match text.split_once('=') {
        Some((name, path)) => (Some(name.to_owned()), path),
        None => (None, text),
    };
    if path.is_empty() || name.as_deref() == Some("") {
        return Err("expected FILE, or NAME=FILE".to_owned());
    }
    Ok(NamedFile { name, path: path.into() })
}

/// Reads `NAME=VALUE`; the value may hold anything, or nothing.
pub(crate) fn var(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

/// Reads a job's timeout, in whole seconds.
pub(crate) fn timeout(text: &str) -> Result<u32, String> {
    let time = service::config::duration(text)?;
    let seconds = if time.subsec_nanos() == 0 { time.as_secs() } else { time.as_secs() + 1 };
    if time < Duration::from_millis(1) || seconds > LONGEST {
        return Err(format!("expected 1s to {}h", LONGEST / 3600));
    }
    u32::try_from(seconds).map_err(|error| error.to_string())
}

/// Reads which Puppeteer is meant: `1`, also as `1.20`, or `25`.
pub(crate) fn api(text: &str) -> Result<Api, String> {
    match text.split_once('.').map_or(text, |(major, _)| major) {
        "1" => Ok(Api::V1),
        "25" => Ok(Api::V25),
        _ => Err(format!("expected {}", Api::NAMES.join(" or "))),
    }
}

/// Reads a language's name.
pub(crate) fn language(text: &str) -> Result<Language, String> {
    match text.to_lowercase().as_str() {
        "js" | "javascript" => Ok(Language::Js),
        "ts" | "typescript" => Ok(Language::Ts),
        _ => Err(format!("expected {}", Language::NAMES.join(" or "))),
    }
}

#[cfg(test)]
mod tests {
    use job_model::Api;

    use super::{api, named_file, timeout, var};

    #[test]
    fn parts_are_read_or_refused_with_what_is_expected() {
        assert_eq!(var("url=https://a/?b=c,d"), Ok(("url".to_owned(), "https://a/?b=c,d".to_owned())));
        assert_eq!(var("a="), Ok(("a".to_owned(), String::new())));
        assert!(var("a").is_err() && var("=a").is_err());
        assert_eq!([timeout("30"), timeout("5m"), timeout("1500ms")], [Ok(30), Ok(300), Ok(2)]);
        assert!(timeout("0").is_err() && timeout("25h").is_err() && timeout("soon").is_err());
        assert_eq!([api("1"), api("1.20"), api("25")], [Ok(Api::V1), Ok(Api::V1), Ok(Api::V25)]);
        assert!(api("2").is_err());
        let file = named_file("in/data.csv=/tmp/x.csv").unwrap();
        assert_eq!(file.file_name().unwrap().as_str(), "in/data.csv");
        assert_eq!(named_file("/tmp/x.csv").unwrap().file_name().unwrap().as_str(), "x.csv");
        assert!(named_file("../x=a").unwrap().file_name().is_err());
        assert!(named_file("").is_err() && named_file("a=").is_err() && named_file("=a").is_err());
    }
}
