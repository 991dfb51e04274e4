//! The order of texts.

use std::cmp::Ordering;

use icu_collator::options::{AlternateHandling, CaseLevel, CollatorOptions, MaxVariable, Strength};
use icu_collator::preferences::{CollationCaseFirst, CollationNumericOrdering};
use icu_collator::{CollatorBorrowed, CollatorPreferences};
use icu_locale::Locale;

/// What counts in the order of two texts, as `Intl.Collator` names it.
#[derive(Clone, Copy, Debug)]
pub struct Collation<'a> {
    /// `base`, `accent`, `case` or `variant`.
    pub sensitivity: &'a str,
    /// Blanks and punctuation do not count.
    pub ignore_punctuation: bool,
    /// Digits count as the number that they make.
    pub numeric: Option<bool>,
    /// `upper`, `lower` or `false`.
    pub case_first: Option<&'a str>,
}

/// The order of a language.
#[derive(Debug)]
pub struct Collator(CollatorBorrowed<'static>);

impl Collator {
    /// That of the tag's language; its extension `co` says which one of several.
    pub fn new(tag: &str, collation: Collation<'_>) -> Option<Self> {
        let locale: Locale = tag.parse().ok()?;
        let mut preferences = CollatorPreferences::from(&locale);
        if let Some(numeric) = collation.numeric {
            preferences.numeric_ordering =
                Some(if numeric { CollationNumericOrdering::True } else { CollationNumericOrdering::False });
        }
        match collation.case_first {
            Some("upper") => preferences.case_first = Some(CollationCaseFirst::Upper),
            Some("lower") => preferences.case_first = Some(CollationCaseFirst::Lower),
            Some(_) => preferences.case_first = Some(CollationCaseFirst::False),
            None => {}
        }
        let mut options = CollatorOptions::default();
        options.strength = Some(match collation.sensitivity {
            "base" | "case" => Strength::Primary,
            "accent" => Strength::Secondary,
            _ => Strength::Tertiary,
        });
        if collation.sensitivity == "case" {
            options.case_level = Some(CaseLevel::On);
        }
        if collation.ignore_punctuation {
            options.alternate_handling = Some(AlternateHandling::Shifted);
            options.max_variable = Some(MaxVariable::Punctuation);
        }
        CollatorBorrowed::try_new(preferences, options).ok().map(Self)
    }

    /// Which of the two comes first.
    pub fn compare(&self, left: &str, right: &str) -> Ordering {
        self.0.compare(left, right)
    }
}

#[cfg(test)]
mod tests {
    use super::{Collation, Collator};

    const PLAIN: Collation<'_> =
        Collation { sensitivity: "variant", ignore_punctuation: false, numeric: None, case_first: None };

    fn sorted(tag: &str, collation: Collation<'_>, texts: &str) -> String {
        let collator = Collator::new(tag, collation).unwrap();
        let mut texts: Vec<&str> = texts.split(' ').collect();
        texts.sort_by(|left, right| collator.compare(left, right));
        texts.join(" ")
    }

    #[test]
    fn languages_order_letters_in_their_way() {
        assert_eq!(sorted("de", PLAIN, "z ä a Z b"), "a ä b z Z");
        assert_eq!(sorted("sv", PLAIN, "z ä a Z b"), "a b z Z ä");
        assert_eq!(sorted("en", Collation { numeric: Some(true), ..PLAIN }, "a10 a2 a1"), "a1 a2 a10");
        assert_eq!(sorted("en", Collation { case_first: Some("upper"), ..PLAIN }, "a A b B"), "A a B b");
    }

    #[test]
    fn sensitivity_says_what_counts() {
        let same = |sensitivity, left, right| {
            Collator::new("en", Collation { sensitivity, ..PLAIN }).unwrap().compare(left, right).is_eq()
        };
        assert!(same("base", "a", "Á") && !same("accent", "a", "á") && same("accent", "a", "A"));
        assert!(same("case", "a", "á") && !same("case", "a", "A") && !same("variant", "a", "A"));
    }
}
