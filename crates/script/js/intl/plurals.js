// Which form of a word stands with a number, and Intl.PluralRules.
import { ops } from "internal:core/ops";
import { decimal } from "internal:intl/decimal";
import { readDigitOptions, resolvedDigits, shownDigits } from "internal:intl/number_digits";
import { core } from "internal:intl/tables";
import { canonicalLocales, coerced, finish, option, resolveLocale } from "internal:intl/locales";

// `power`: the number is shown in short, as so many times ten to that power.
export function pluralForm(locale, ordinal, { whole, fraction }, power = 0) {
  const text = (whole === "" ? "0" : whole) + (fraction === "" ? "" : `.${fraction}`) + (power > 0 ? `e${power}` : "");
  return ops.intl_plural(locale, ordinal, text);
}

// The form for two numbers that have these forms.
export const rangeForm = (locale, from, to) => core().ranges[locale.split("-")[0]]?.[`${from}-${to}`] ?? "other";

export const choose = (forms, form) => forms[form] ?? forms.other;

const ORDER = ["few", "many", "one", "two", "zero", "other"];

export const PluralRules = finish(class {
  #locale; #ordinal; #digits;
  constructor(locales, options) {
    const requested = canonicalLocales(locales);
    const given = coerced(options);
    option(given, "localeMatcher", ["lookup", "best fit"], "best fit");
    this.#ordinal = option(given, "type", ["cardinal", "ordinal"], "cardinal") === "ordinal";
    this.#digits = readDigitOptions(given, 0, 3, "standard");
    const { locale } = resolveLocale(requested, {}, {});
    // Forms differ by region in Portuguese only.
    this.#locale = locale === "pt-PT" ? locale : locale.split("-")[0];
  }
  #shown(value) {
    const number = Number(value);
    return Number.isFinite(number) ? shownDigits(decimal(number), this.#digits) : undefined;
  }
  select(value) {
    const shown = this.#shown(value);
    return shown === undefined ? "other" : pluralForm(this.#locale, this.#ordinal, shown);
  }
  selectRange(start, end) {
    if (start === undefined || end === undefined) throw new TypeError("start or end is undefined");
    const [first, last] = [this.#shown(start), this.#shown(end)];
    if (Number.isNaN(Number(start)) || Number.isNaN(Number(end))) throw new RangeError("Invalid argument");
    if (first === undefined || last === undefined) return "other";
    const [from, to] = [first, last].map((shown) => pluralForm(this.#locale, this.#ordinal, shown));
    return rangeForm(this.#locale, from, to);
  }
  resolvedOptions() {
    const resolved = { locale: this.#locale, type: this.#ordinal ? "ordinal" : "cardinal" };
    resolvedDigits(this.#digits, resolved);
    const there = ops.intl_plural_categories(this.#locale, this.#ordinal);
    resolved.pluralCategories = ORDER.filter((form) => there.includes(form));
    return resolved;
  }
}, "PluralRules");
