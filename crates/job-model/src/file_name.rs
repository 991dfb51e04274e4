//! The name of one of a job's files.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize};

/// A file's place in its job's folder: components with `/` between them, none of which leads out of the folder.
///
/// The one rule for names, wherever they come from: a leading `/`, empty components and `.` are left out (`/tmp/x.png` and
/// `./tmp//x.png` are `tmp/x.png`); `..` takes the component before it back. Refused is what would leave the folder, what
/// names no file, a backslash, a control character, a component of more than 200 bytes, more than 16 components, and more
/// than 512 bytes in all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct FileName(String);

/// Why a text is not a [`FileName`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the file name {name:?} is not allowed: {reason}")]
pub struct InvalidFileName {
    /// The text, cut to a printable length.
    pub name: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl FileName {
    /// The longest name, in bytes.
    pub const MAX_BYTES: usize = 512;
    /// The longest component, in bytes: file systems take 255, and a download that is under way has a suffix.
    pub const MAX_COMPONENT_BYTES: usize = 200;
    /// The most components.
    pub const MAX_COMPONENTS: usize = 16;

    /// Makes a name of a text by the rule.
    ///
    /// # Errors
    /// [`InvalidFileName`] with the part of the rule that the text breaks.
    pub fn parse(text: &str) -> Result<Self, InvalidFileName> {
        let name = normalised(text)?;
        if name.is_empty() { Err(invalid(text, "it names no file")) } else { Ok(Self(name)) }
    }

    /// Checks a text as [`parse`](Self::parse) does, for what may be the folder itself, which is `None`.
    ///
    /// # Errors
    /// [`InvalidFileName`] with the part of the rule that the text breaks.
    pub fn parse_or_root(text: &str) -> Result<Option<Self>, InvalidFileName> {
        let name = normalised(text)?;
        Ok((!name.is_empty()).then_some(Self(name)))
    }

    /// Returns the name's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns its components, the file's own last. There is at least one.
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/')
    }

    /// Returns the last component.
    pub fn base(&self) -> &str {
        self.0.rsplit_once('/').map_or(&*self.0, |(_, base)| base)
    }
}

/// The text as the rule writes it; empty for the folder itself.
fn normalised(text: &str) -> Result<String, InvalidFileName> {
    if text.chars().any(char::is_control) {
        return Err(invalid(text, "it holds a control character"));
    }
    if text.contains('\\') {
        return Err(invalid(text, "it holds a backslash"));
    }
    let mut components = Vec::new();
    for component in text.split('/') {
        match component {
            "" | "." => {}
            ".." => {
                components.pop().ok_or_else(|| invalid(text, "it leads out of the job's folder"))?;
            }
            component if component.len() > FileName::MAX_COMPONENT_BYTES => {
                return Err(invalid(text, "a part of it is longer than 200 bytes"));
            }
            component => components.push(component),
        }
    }
    if components.len() > FileName::MAX_COMPONENTS {
        return Err(invalid(text, "it has more than 16 parts"));
    }
    let name = components.join("/");
    if name.len() > FileName::MAX_BYTES {
        return Err(invalid(text, "it is longer than 512 bytes"));
    }
    Ok(name)
}

fn invalid(text: &str, reason: &'static str) -> InvalidFileName {
    InvalidFileName { name: text.chars().take(80).collect(), reason }
}

impl std::fmt::Display for FileName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for FileName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&Cow::<'de, str>::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::FileName;

    #[test]
    fn names_are_relative_to_the_jobs_folder() {
        for (text, name) in [
            ("x.png", "x.png"),
            ("/tmp/x.png", "tmp/x.png"),
            ("./out//x.png", "out/x.png"),
            ("out/../x.png", "x.png"),
            ("a/b/../../c/", "c"),
            ("..x", "..x"),
            ("é 🎈.csv", "é 🎈.csv"),
            ("C:x", "C:x"),
        ] {
            assert_eq!(FileName::parse(text).unwrap().as_str(), name, "{text}");
        }
        assert_eq!(FileName::parse("a/b.txt").unwrap().base(), "b.txt");
        assert_eq!(FileName::parse("b.txt").unwrap().base(), "b.txt");
    }

    #[test]
    fn what_leaves_the_folder_or_names_no_file_is_refused() {
        let (long, deep) = ("x".repeat(201), "d/".repeat(17));
        let sum = ["y".repeat(200), "y".repeat(200), "y".repeat(200)].join("/");
        for (text, reason) in [
            ("", "it names no file"),
            ("/", "it names no file"),
            ("a/..", "it names no file"),
            ("..", "it leads out of the job's folder"),
            ("../x", "it leads out of the job's folder"),
            ("/../etc/passwd", "it leads out of the job's folder"),
            ("a/../../x", "it leads out of the job's folder"),
            ("a\0b", "it holds a control character"),
            ("a\nb", "it holds a control character"),
            ("..\\x", "it holds a backslash"),
            (&long, "a part of it is longer than 200 bytes"),
            (&deep, "it has more than 16 parts"),
            (&sum, "it is longer than 512 bytes"),
        ] {
            assert_eq!(FileName::parse(text).unwrap_err().reason, reason, "{text:?}");
        }
        assert_eq!(FileName::parse_or_root("/.").unwrap(), None);
        assert!(FileName::parse_or_root("..").is_err());
    }
}
