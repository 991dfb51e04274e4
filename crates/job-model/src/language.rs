//! Which language a job's code is written in.

use serde::{Deserialize, Deserializer, Serialize};

/// The language of a job's `code`. A module's language is told by its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// JavaScript.
    #[default]
    Js,
    /// TypeScript: its types are taken out before the code runs, and nobody checks them.
    Ts,
}

impl Language {
    /// The values of the field.
    pub const NAMES: [&str; 2] = ["js", "ts"];

    /// Returns the language of a file of this name: `.ts`, `.mts` and `.cts` are TypeScript, declarations excepted.
    pub fn of_file(name: &str) -> Self {
        let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
        let declares = ends(&[".d.ts", ".d.mts", ".d.cts"]);
        if ends(&[".ts", ".mts", ".cts"]) && !declares { Self::Ts } else { Self::Js }
    }
}

/// What a client gives: anything but one of the names is its mistake.
pub(crate) fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Language>, D::Error> {
    crate::api::one_of("language", &Language::NAMES, deserializer)
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn a_files_name_tells_its_language() {
        for (name, language) in [
            ("a.ts", Language::Ts),
            ("lib/b.mts", Language::Ts),
            ("c.cts", Language::Ts),
            ("types.d.ts", Language::Js),
            ("a.js", Language::Js),
            ("ts", Language::Js),
        ] {
            assert_eq!(Language::of_file(name), language, "{name}");
        }
    }
}
