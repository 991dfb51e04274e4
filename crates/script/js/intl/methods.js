// The methods of other built-ins that depend on a language: toLocaleString and its kin.
import { ops } from "internal:core/ops";
import { compareTexts } from "internal:intl/collator";
import { localeDate } from "internal:intl/date_format";
import { DEFAULT_LOCALE, canonicalLocales } from "internal:intl/locales";
import { localeNumber } from "internal:intl/number_format";

export { compareTexts, localeDate, localeNumber };

// The languages whose case V8 knows; all others have that of none.
const CASED = ["az", "el", "lt", "tr"];
function language(locales) {
  const [tag] = (canonicalLocales(locales)[0] ?? DEFAULT_LOCALE).split("-");
  return CASED.includes(tag) ? tag : "und";
}
export const upperCase = (text, locales) => ops.intl_upper(text, language(locales));
export const lowerCase = (text, locales) => ops.intl_lower(text, language(locales));
