//! Language tags by [UTS 35](https://www.unicode.org/reports/tr35/#Locale).

use icu_locale::{LanguageIdentifier, Locale, LocaleCanonicalizer, LocaleExpander};

/// The tag as it is written in its canonical form; `None` for a text that is not a language tag.
pub fn canonical(tag: &str) -> Option<String> {
    let mut locale: Locale = tag.parse().ok()?;
    LocaleCanonicalizer::new_extended().canonicalize(&mut locale);
    Some(locale.to_string())
}

/// The tag's language, script and region with those that go without saying; the tag without extensions.
pub fn maximize(tag: &str) -> Option<String> {
    let mut id: LanguageIdentifier = tag.parse::<Locale>().ok()?.id;
    LocaleExpander::new_extended().maximize(&mut id);
    Some(id.to_string())
}

/// The tag's language, script and region without those that go without saying; the tag without extensions.
pub fn minimize(tag: &str) -> Option<String> {
    let mut id: LanguageIdentifier = tag.parse::<Locale>().ok()?.id;
    LocaleExpander::new_extended().minimize(&mut id);
    Some(id.to_string())
}

#[cfg(test)]
mod tests {
    use super::{canonical, maximize, minimize};

    #[test]
    fn tags_have_one_way_to_be_written() {
        assert_eq!(canonical("EN-us").as_deref(), Some("en-US"));
        assert_eq!(canonical("iw").as_deref(), Some("he"));
        assert_eq!(canonical("de-u-nu-arab-co-phonebk").as_deref(), Some("de-u-co-phonebk-nu-arab"));
        assert_eq!(canonical("de_DE"), None);
        assert_eq!(canonical("english language"), None);
    }

    #[test]
    fn what_goes_without_saying_is_added_and_taken() {
        assert_eq!(maximize("zh-TW").as_deref(), Some("zh-Hant-TW"));
        assert_eq!(minimize("zh-Hant-TW").as_deref(), Some("zh-TW"));
    }
}
