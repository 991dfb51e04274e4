//! Upper and lower case as a language has them.

use icu_casemap::CaseMapper;
use icu_locale::{LanguageIdentifier, Locale};

/// The text in upper case; a tag that cannot be read counts as none.
pub fn uppercase(text: &str, tag: &str) -> String {
    CaseMapper::new().uppercase_to_string(text, &language(tag)).into_owned()
}

/// The text in lower case; a tag that cannot be read counts as none.
pub fn lowercase(text: &str, tag: &str) -> String {
    CaseMapper::new().lowercase_to_string(text, &language(tag)).into_owned()
}

fn language(tag: &str) -> LanguageIdentifier {
    tag.parse::<Locale>().map_or(LanguageIdentifier::UNKNOWN, |locale| locale.id)
}

#[cfg(test)]
mod tests {
    use super::{lowercase, uppercase};

    #[test]
    fn languages_have_letters_of_their_own() {
        assert_eq!(uppercase("istanbul", "tr"), "İSTANBUL");
        assert_eq!(lowercase("Iİ", "tr"), "ıi");
        assert_eq!(uppercase("straße", "de"), "STRASSE");
        assert_eq!(uppercase("άέ", "el"), "ΑΕ");
    }
}
