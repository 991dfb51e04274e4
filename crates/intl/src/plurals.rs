//! Which form of a word stands with a number.

use fixed_decimal::CompactDecimal;
use icu_locale::Locale;
use icu_plurals::{PluralCategory, PluralOperands, PluralRuleType, PluralRules, PluralRulesOptions};

/// The rules of a language.
#[derive(Debug)]
pub struct Plurals(PluralRules);

impl Plurals {
    /// Those of the tag's language, of cardinal numbers (one, two) or ordinal ones (first, second).
    pub fn new(tag: &str, ordinal: bool) -> Option<Self> {
        let locale: Locale = tag.parse().ok()?;
        let kind = if ordinal { PluralRuleType::Ordinal } else { PluralRuleType::Cardinal };
        let options = PluralRulesOptions::default().with_type(kind);
        PluralRules::try_new((&locale).into(), options).ok().map(Self)
    }

    /// The form for a number as it is written: `1.50` and `1.5` may differ, and `1.2e6` is 1.2 million in short.
    pub fn category(&self, number: &str) -> &'static str {
        operands(number).map_or("other", |operands| name(self.0.category_for(operands)))
    }

    /// All forms that the language has.
    pub fn categories(&self) -> Vec<&'static str> {
        self.0.categories().map(name).collect()
    }
}

fn operands(number: &str) -> Option<PluralOperands> {
    let number: CompactDecimal = number.replace('e', "c").parse().ok()?;
    Some(PluralOperands::from(&number))
}

fn name(category: PluralCategory) -> &'static str {
    match category {
        PluralCategory::Zero => "zero",
        PluralCategory::One => "one",
        PluralCategory::Two => "two",
        PluralCategory::Few => "few",
        PluralCategory::Many => "many",
        PluralCategory::Other => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::Plurals;

    #[test]
    fn forms_depend_on_how_a_number_is_written() {
        let english = Plurals::new("en", false).unwrap();
        assert_eq!((english.category("1"), english.category("1.0"), english.category("2")), ("one", "other", "other"));
        assert_eq!(Plurals::new("en", true).unwrap().category("3"), "few");
        assert_eq!(Plurals::new("ar", false).unwrap().category("11"), "many");
        assert_eq!(Plurals::new("fr", false).unwrap().category("1e6"), "many");
        assert_eq!(english.category("123456789012345678901234567890"), "other");
    }
}
