// Intl.ListFormat.
import { canonicalLocales, finish, option, optionsObject, resolveLocale } from "internal:intl/locales";
import { filled, textOf } from "internal:intl/number_writer";
import { table } from "internal:intl/tables";

function texts(list) {
  if (list === undefined) return [];
  const made = [];
  for (const item of list) {
    if (typeof item !== "string") throw new TypeError("Iterable yielded a non-String value");
    made.push(item);
  }
  return made;
}

// Spanish and Italian words change before others of a like sound, Hebrew ones before what is not Hebrew.
function sounding(pattern, language, next) {
  if (language === "es") {
    if (pattern.includes(" y ") && /^(i|hi(?!e|a)|y$)/i.test(next)) return pattern.replace(" y ", " e ");
    if (pattern.includes(" o ") && /^(o|ho|8|11($|\D))/i.test(next)) return pattern.replace(" o ", " u ");
  }
  if (language === "he" && pattern.includes("ו{1}") && !/^[\u0590-\u05ff]/.test(next)) return pattern.replace("ו{1}", "ו-{1}");
  return pattern;
}

class Formatter {
  #locale; #type; #style; #patterns; #language;
  constructor(locales, options) {
    const requested = canonicalLocales(locales);
    const given = optionsObject(options);
    option(given, "localeMatcher", ["lookup", "best fit"], "best fit");
    const { locale, data } = resolveLocale(requested, {}, {});
    this.#type = option(given, "type", ["conjunction", "disjunction", "unit"], "conjunction");
    this.#style = option(given, "style", ["long", "short", "narrow"], "long");
    this.#locale = locale;
    [this.#language] = data.split("-");
    this.#patterns = table("lists", data)[`${this.#type}-${this.#style}`];
  }
  #parts(list) {
    const items = texts(list).map((value) => [{ type: "element", value }]);
    const [two, start, middle, end] = this.#patterns;
    const { length } = items;
    const glue = (pattern, next) => sounding(pattern, this.#language, next[0].value);
    if (length < 2) return items.flat();
    if (length === 2) return filled(glue(two, items[1]), items[0], items[1]);
    let made = filled(glue(end, items[length - 1]), items[length - 2], items[length - 1]);
    for (let i = length - 3; i > 0; i--) made = filled(middle, items[i], made);
    return filled(start, items[0], made);
  }
  format(list) { return textOf(this.#parts(list)); }
  formatToParts(list) { return this.#parts(list); }
  resolvedOptions() { return { locale: this.#locale, type: this.#type, style: this.#style }; }
}

export const ListFormat = finish(Formatter, "ListFormat");
