// The methods of other built-ins that depend on a language: toLocaleString and its kin.
import { ops } from "internal:core/ops";
import { compareTexts } from "internal:intl/collator";
import { localeDate } from "internal:intl/date_format";
import { DEFAULT_LOCALE, canonicalLocales } from "internal:intl/locales";
import { localeNumber } from "internal:intl/number_format";

export { compareTexts, localeDate, localeNumber };

const language = (locales) => canonicalLocales(locales)[0] ?? DEFAULT_LOCALE;
export const upperCase = (text, locales) => ops.intl_upper(text, language(locales));
export const lowerCase = (text, locales) => ops.intl_lower(text, language(locales));
