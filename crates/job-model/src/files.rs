//! The files of a job: what its document and its result say of them. Their bytes are elsewhere.

use serde::{Deserialize, Deserializer, Serialize};

use crate::FileName;

/// One of a job's files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobFile {
    /// Its name in the job's folder.
    pub name: FileName,
    /// Its size.
    pub bytes: u64,
    /// Its media type, by its name's extension.
    #[serde(rename = "type")]
    pub media_type: String,
    /// The SHA-256 of its bytes, in hexadecimal digits.
    pub sha256: String,
}

/// Which of a job's sets of files is meant: those that came with the job, or those that one run of an attempt made.
///
/// Two executors may run the same attempt at the same time. Each has a set of its own, so that a result never names a file
/// of the other's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct FileSetId(String);

impl FileSetId {
    const INPUT: &str = "in";
    const LONGEST: usize = 64;

    /// Makes a new set for the files that a run of this attempt makes.
    pub fn of_attempt(attempt: u32) -> Self {
        Self(format!("{attempt}-{}", uuid::Uuid::new_v4().simple()))
    }

    /// Returns the set of the files that came with the job.
    pub fn input() -> Self {
        Self(Self::INPUT.to_owned())
    }

    /// Reads a set's id: at most 64 lower-case letters, digits and `-`.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let fits = !text.is_empty() && text.len() <= Self::LONGEST && text.bytes().all(plain);
        fits.then(|| Self(text.to_owned()))
    }

    /// Tells whether it is the set of the files that came with the job.
    pub fn is_input(&self) -> bool {
        self.0 == Self::INPUT
    }

    /// Returns the id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for FileSetId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format_args!("{text:?} is not a set of files")))
    }
}

#[cfg(test)]
mod tests {
    use super::{FileSetId, JobFile};

    #[test]
    fn a_file_is_told_under_the_names_of_the_api() {
        let text = r#"{"name":"a/b.png","bytes":5,"type":"image/png","sha256":"00"}"#;
        let file: JobFile = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&file).unwrap(), text);
        assert!(serde_json::from_str::<JobFile>(&text.replace("a/b", "../b")).is_err());
    }

    #[test]
    fn runs_of_one_attempt_have_sets_of_their_own() {
        let (one, two) = (FileSetId::of_attempt(2), FileSetId::of_attempt(2));
        assert!(one != two && one.as_str().starts_with("2-") && !one.is_input());
        assert_eq!(FileSetId::parse(one.as_str()), Some(one));
        for text in ["", "a/b", "..", "A", "1.2"] {
            assert_eq!(FileSetId::parse(text), None, "{text}");
        }
        assert!(FileSetId::input().is_input());
    }
}
