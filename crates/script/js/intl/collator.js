// Intl.Collator and the order of texts.
import { ops } from "internal:core/ops";
import { ridOf, define } from "internal:core/handles";
import { core } from "internal:intl/tables";
import { booleanOption, canonicalLocales, coerced, finish, keeper, option, parts, resolveLocale } from "internal:intl/locales";

// ICU4X's, on the other side.
class Order {}
define("Collator", Order);

const COLLATIONS = {
  __proto__: null, ar: ["compat", "eor"], bn: ["eor", "trad"], kn: ["eor", "trad"], de: ["eor", "phonebk"], es: ["eor", "trad"], fi: ["eor", "trad"], ja: ["eor", "unihan"], ko: ["eor", "searchjl", "unihan"],
  ln: ["eor", "phonetic"], si: ["dict", "eor"], sv: ["eor", "trad"], vi: ["eor", "trad"], yue: ["eor", "pinyin", "stroke", "unihan", "zhuyin"],
  zh: ["eor", "pinyin", "stroke", "unihan", "zhuyin"],
};
export const collationsOf = (data) => ["emoji", ...COLLATIONS[data.split("-")[0]] ?? ["eor"]].sort();

// An order that is asked for by an option is part of the tag, as V8 has it.
function withCollation(locale, collation) {
  const { base, keywords } = parts(locale);
  keywords.set("co", collation);
  return ops.intl_canonical(`${base}-u-${[...keywords].map(([key, value]) => (value === "" ? key : `${key}-${value}`)).join("-")}`);
}

function readCollator(locales, options) {
  const requested = canonicalLocales(locales);
  const given = coerced(options);
  const usage = option(given, "usage", ["sort", "search"], "sort");
  option(given, "localeMatcher", ["lookup", "best fit"], "best fit");
  const collation = option(given, "collation");
  const numeric = booleanOption(given, "numeric", undefined);
  const caseFirst = option(given, "caseFirst", ["upper", "lower", "false"]);
  const resolved = resolveLocale(requested, { co: collation, kn: numeric === undefined ? undefined : `${numeric}`, kf: caseFirst }, {
    co: (data) => [undefined, ...collationsOf(data)], kn: () => ["false", "true"], kf: () => ["false", "lower", "upper"],
  }, (tag) => core().collators.includes(tag));
  const { data } = resolved;
  const sensitivity = option(given, "sensitivity", ["base", "accent", "case", "variant"], "variant");
  const ignorePunctuation = booleanOption(given, "ignorePunctuation", usage === "sort" && data.split("-")[0] === "th");
  const isDanish = /^(da|mt)(-|$)/.test(data) && caseFirst === undefined && !resolved.locale.includes("-kf");
  const settings = {
    locale: collation === undefined || collation !== resolved.co ? resolved.locale : withCollation(resolved.locale, collation), usage, sensitivity, ignorePunctuation, collation: resolved.co ?? "default", numeric: resolved.kn === "true",
    caseFirst: isDanish ? "upper" : resolved.kf,
  };
  const tag = resolved.co === undefined ? (usage === "search" ? `${data}-u-co-search` : data) : `${data}-u-co-${resolved.co}`;
  const order = ops.intl_collator(tag, sensitivity, ignorePunctuation, settings.numeric, settings.caseFirst);
  // Halves of characters are all the same to the other side.
  settings.compare = (left, right) => {
    const found = ops.intl_compare(ridOf(order), left, right);
    return found !== 0 || left === right || (left.isWellFormed() && right.isWellFormed()) ? found : left < right ? -1 : 1;
  };
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

export const Collator = finish(Formatter, "Collator", 0, true);

const collatorFor = keeper(readCollator);
export const compareTexts = (left, right, locales, options) => collatorFor(locales, options).compare(left, right);
