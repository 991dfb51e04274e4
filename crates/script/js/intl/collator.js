// Intl.Collator and the order of texts.
import { ops } from "internal:core/ops";
import { ridOf, define } from "internal:core/handles";
import { booleanOption, canonicalLocales, coerced, finish, keeper, option, resolveLocale } from "internal:intl/locales";

// ICU4X's, on the other side.
class Order {}
define("Collator", Order);

const COLLATIONS = {
  __proto__: null, ar: ["compat"], de: ["eor", "phonebk"], es: ["eor", "trad"], fi: ["eor", "trad"], ja: ["eor", "unihan"], ko: ["eor", "searchjl", "unihan"],
  ln: ["eor", "phonetic"], si: ["dict", "eor"], sv: ["eor", "trad"], vi: ["eor", "trad"], zh: ["eor", "pinyin", "stroke", "unihan", "zhuyin"],
};
export const collationsOf = (data) => ["emoji", ...COLLATIONS[data.split("-")[0]] ?? ["eor"]].sort();

export function readCollator(locales, options) {
  const requested = canonicalLocales(locales);
  const given = coerced(options);
  const usage = option(given, "usage", ["sort", "search"], "sort");
  option(given, "localeMatcher", ["lookup", "best fit"], "best fit");
  const collation = option(given, "collation");
  const numeric = booleanOption(given, "numeric", undefined);
  const caseFirst = option(given, "caseFirst", ["upper", "lower", "false"]);
  const resolved = resolveLocale(requested, { co: collation, kn: numeric === undefined ? undefined : `${numeric}`, kf: caseFirst }, {
    co: (data) => [undefined, ...collationsOf(data)], kn: () => ["false", "true"], kf: () => ["false", "lower", "upper"],
  });
  const { data } = resolved;
  const sensitivity = option(given, "sensitivity", ["base", "accent", "case", "variant"], "variant");
  const ignorePunctuation = booleanOption(given, "ignorePunctuation", data.split("-")[0] === "th");
  const isDanish = /^(da|mt)(-|$)/.test(data) && caseFirst === undefined && !resolved.locale.includes("-kf");
  const settings = {
    locale: resolved.locale, usage, sensitivity, ignorePunctuation, collation: resolved.co ?? "default", numeric: resolved.kn === "true",
    caseFirst: isDanish ? "upper" : resolved.kf,
  };
  const tag = resolved.co === undefined ? (usage === "search" ? `${data}-u-co-search` : data) : `${data}-u-co-${resolved.co}`;
  const order = ops.intl_collator(tag, sensitivity, ignorePunctuation, settings.numeric, settings.caseFirst);
  settings.compare = (left, right) => ops.intl_compare(ridOf(order), left, right);
  return settings;
}

class Formatter {
  #settings; #bound;
  constructor(locales, options) { this.#settings = readCollator(locales, options); }
  get compare() {
    this.#bound ??= { "": (left, right) => this.#settings.compare(`${left}`, `${right}`) }[""];
    return this.#bound;
  }
  resolvedOptions() {
    const { compare, ...resolved } = this.#settings;
    void compare;
    return resolved;
  }
}

export const Collator = finish(Formatter, "Collator");

const collatorFor = keeper(readCollator);
export const compareTexts = (left, right, locales, options) => collatorFor(locales, options).compare(left, right);
