// Intl.RelativeTimeFormat.
import { decimal } from "internal:intl/decimal";
import { readDigitOptions, shownDigits } from "internal:intl/number_digits";
import { canonicalLocales, coerced, finish, numberingSystems, option, resolveLocale, typeOption } from "internal:intl/locales";
import { Writer, filled, textOf } from "internal:intl/number_writer";
import { choose, pluralForm } from "internal:intl/plurals";
import { table } from "internal:intl/tables";

const UNITS = ["second", "minute", "hour", "day", "week", "month", "quarter", "year"];

function unitOf(unit) {
  const text = `${unit}`;
  const name = text.endsWith("s") ? text.slice(0, -1) : text;
  if (!UNITS.includes(name)) throw new RangeError(`Invalid unit argument for format() '${text}'`);
  return name;
}

class Formatter {
  #locale; #style; #numeric; #system; #of; #writer; #digits;
  constructor(locales, options) {
    const requested = canonicalLocales(locales);
    const given = coerced(options);
    option(given, "localeMatcher", ["lookup", "best fit"], "best fit");
    const resolved = resolveLocale(requested, { nu: typeOption(given, "numberingSystem") }, { nu: numberingSystems });
    this.#style = option(given, "style", ["long", "short", "narrow"], "long");
    this.#numeric = option(given, "numeric", ["always", "auto"], "always");
    this.#locale = resolved.locale;
    this.#system = resolved.nu;
    this.#of = table("relative", resolved.data)[this.#style[0]];
    this.#digits = readDigitOptions({}, 0, 3, "standard");
    this.#writer = new Writer({ locale: resolved.locale, data: resolved.data, system: resolved.nu, style: "decimal", notation: "standard", grouping: "auto", sign: "auto", digits: this.#digits });
  }
  #parts(value, unit) {
    const number = Number(value);
    const name = unitOf(unit);
    if (!Number.isFinite(number)) throw new RangeError("Invalid time value");
    const { r, f, p } = this.#of[name];
    const past = number < 0 || Object.is(number, -0);
    if (this.#numeric === "auto") {
      const word = r[`${number}`];
      if (word !== undefined && !(Object.is(number, -0) && r["0"] === undefined)) return [{ type: "literal", value: word }];
    }
    const size = Math.abs(number);
    const pattern = choose(past ? p : f, pluralForm(this.#locale, false, shownDigits(decimal(size), this.#digits)));
    return filled(pattern, this.#writer.parts(size).map((part) => ({ ...part, unit: name })), []);
  }
  format(value, unit) { return textOf(this.#parts(value, unit)); }
  formatToParts(value, unit) { return this.#parts(value, unit); }
  resolvedOptions() { return { locale: this.#locale, style: this.#style, numeric: this.#numeric, numberingSystem: this.#system }; }
}

export const RelativeTimeFormat = finish(Formatter, "RelativeTimeFormat");
