// A number's text in parts: digits, signs, currencies, units.
import { decimal, scaled } from "internal:intl/decimal";
import { shownDigits } from "internal:intl/number_digits";
import { choose, pluralForm, rangeForm } from "internal:intl/plurals";
import { figuresOf, table } from "internal:intl/tables";

// The symbols and patterns of a locale in a numbering system.
export function systemOf({ data, system }) {
  const { sys, ns } = table("numbers", data);
  if (sys[system] !== undefined) return sys[system];
  const own = sys.latn ?? sys[ns];
  // Symbols that go with figures, whatever the language.
  const home = { arab: "ar", arabext: "fa" }[system];
  return home === undefined ? own : { ...own, sy: { ...table("numbers", home).sys[system].sy, n: own.sy.n } };
}

// What a number is written with, `settings` read once.
export class Writer {
  constructor(settings) {
    this.settings = settings;
    this.of = systemOf(settings);
    this.numbers = table("numbers", settings.data);
    this.figure = figuresOf(settings.system);
    const isCurrency = settings.style === "currency" && settings.currencyDisplay !== "name";
    if (isCurrency) {
      this.symbol = currencySymbol(settings);
      this.pattern = settings.currencySign === "accounting" ? this.of.a : this.of.c;
      this.letters = (/¤.*[#0]/.test(this.pattern) ? /\p{L}$/u : /^\p{L}/u).test(this.symbol);
    } else this.pattern = settings.style === "percent" || (settings.unit === "percent" && settings.unitDisplay !== "long") ? this.of.p : this.of.d;
    const sizes = this.pattern.split(";")[0].split(".")[0].replace(/[^#0,]/g, "").split(",");
    this.primary = sizes.length > 1 ? sizes[sizes.length - 1].length : 0;
    this.secondary = sizes.length > 2 ? sizes[sizes.length - 2].length : this.primary;
  }

  grouped(whole) {
    const { grouping } = this.settings;
    const least = grouping === "always" ? 1 : grouping === "min2" ? Math.max(2, this.numbers.mg) : this.numbers.mg;
    if (grouping === false || this.primary === 0 || whole.length < this.primary + least) return [whole];
    const groups = [whole.slice(-this.primary)];
    for (let rest = whole.slice(0, -this.primary); rest !== ""; rest = rest.slice(0, -this.secondary)) groups.unshift(rest.slice(-this.secondary));
    return groups;
  }

  digitParts({ whole, fraction }) {
    const { sy } = this.of;
    const isCurrency = this.settings.style === "currency";
    const made = [];
    this.grouped(whole).forEach((group, index) => {
      if (index > 0) made.push({ type: "group", value: (isCurrency && sy.cg) || sy.g });
      made.push({ type: "integer", value: this.figure(group) });
    });
    if (fraction !== "") {
      made.push({ type: "decimal", value: (isCurrency && sy.cd) || sy.d });
      made.push({ type: "fraction", value: this.figure(fraction) });
    }
    return made;
  }

  // The digits of a number, its exponent's included; `power` is what a short pattern stands for.
  measured(number) {
    const { settings } = this;
    const { notation, digits, style } = settings;
    const value = style === "percent" ? scaled(number, 2) : number;
    if (notation === "standard") return { ...shownDigits(value, digits), power: 0 };
    if (notation === "compact") return this.compact(value);
    const place = (of) => (of.digits === "" ? 0 : of.exponent - 1);
    const powerOf = (of) => (notation === "engineering" ? Math.floor(place(of) / 3) * 3 : place(of));
    let power = powerOf(value);
    let shown = shownDigits(scaled(value, -power), digits);
    const risen = powerOf(scaled(shown.value, power));
    if (shown.value.digits !== "" && risen !== power) {
      power = risen;
      shown = shownDigits(scaled(value, -power), digits);
    }
    return { ...shown, power: 0, exponent: power };
  }

  shortPatterns() {
    const { style, compactDisplay, currencyDisplay } = this.settings;
    const long = compactDisplay === "long";
    if (style === "currency" && currencyDisplay !== "name") {
      const { plain, alpha } = this.of.cs ?? {};
      return this.letters && alpha !== undefined ? { ...plain, ...alpha } : plain ?? this.of.s;
    }
    return (long ? this.of.l : this.of.s) ?? this.of.s;
  }

  compact(value) {
    const patterns = this.shortPatterns();
    const powers = Object.keys(patterns).map(Number);
    const most = Math.max(...powers);
    const divisorOf = (place) => {
      const at = Math.min(place, most);
      const pattern = patterns[at]?.other;
      const zeros = pattern?.match(/0+/)?.[0].length ?? 0;
      return pattern === undefined || zeros === 0 || /^0+$/.test(pattern) ? { power: 0 } : { power: at - zeros + 1, at };
    };
    const place = (of) => (of.digits === "" ? 0 : of.exponent - 1);
    let divisor = divisorOf(place(value));
    let shown = shownDigits(scaled(value, -divisor.power), this.settings.digits);
    const risen = divisorOf(place(scaled(shown.value, divisor.power)));
    if (shown.value.digits !== "" && (risen.power !== divisor.power || risen.at !== divisor.at)) {
      divisor = risen;
      shown = shownDigits(scaled(value, -divisor.power), this.settings.digits);
    }
    return { ...shown, power: divisor.power, short: divisor.at === undefined ? undefined : patterns[divisor.at] };
  }

  // What a number is shown as, for those that are finite.
  shownAs(value) { return typeof value === "number" && !Number.isFinite(value) ? undefined : this.measured(decimal(value)); }

  // Which form of a word stands with a number, and which with two.
  formOf(value) {
    const shown = this.shownAs(value);
    return shown === undefined ? "other" : pluralForm(this.settings.locale, false, shown, shown.power);
  }

  rangeForm(start, end) { return rangeForm(this.settings.data, this.formOf(start), this.formOf(end)); }

  // `-`, `+` or nothing in front of a number.
  signOf(number, isZero, isNaN) {
    switch (this.settings.sign) {
      case "never": return "";
      case "always": return number.negative ? "-" : "+";
      case "exceptZero": return isZero || isNaN ? "" : number.negative ? "-" : "+";
      case "negative": return number.negative && !isZero ? "-" : "";
      default: return number.negative ? "-" : "";
    }
  }

  // `form`: the form of the words when it does not go by the number; `about`: `~` for a number that is meant nearly.
  parts(value, form, about = "") {
    const special = typeof value === "number" && !Number.isFinite(value);
    const isNaN = special && value !== value;
    const number = special ? { negative: value < 0, digits: "1", exponent: 1 } : decimal(value);
    let shown;
    let body;
    if (special) {
      body = [isNaN ? { type: "nan", value: this.of.sy.n } : { type: "infinity", value: this.of.sy.i }];
      shown = { whole: isNaN ? "0" : "1", fraction: "", power: 0, special: true };
    } else {
      shown = this.measured(number);
      body = this.digitParts(shown);
      if (shown.exponent !== undefined) {
        body.push({ type: "exponentSeparator", value: this.of.sy.e });
        if (shown.exponent < 0) body.push({ type: "exponentMinusSign", value: this.of.sy.mi });
        body.push({ type: "exponentInteger", value: this.figure(`${Math.abs(shown.exponent)}`) });
      }
    }
    const isZero = !special && shown.value.digits === "";
    return separated(this.dressed(body, shown, about + this.signOf(number, isZero, isNaN), form));
  }

  dressed(body, shown, sign, fixed) {
    const { settings } = this;
    const form = (power = 0) => fixed ?? (shown.special ? "other" : pluralForm(settings.locale, false, shown, power));
    let pattern = this.pattern;
    // A short pattern goes by the number as it is shown, a name by what it stands for.
    let short = shown.short === undefined ? undefined : choose(shown.short, form());
    if (short?.includes(";")) {
      // A word stands between the sign and the digits.
      short = withSign(short, sign).replace("-", sign === "-" ? this.of.sy.mi : "");
      sign = "";
    }
    const isName = settings.style === "currency" && settings.currencyDisplay === "name";
    const inPattern = short !== undefined && short.includes("¤");
    if (inPattern) pattern = short;
    let core = body;
    if (short !== undefined && !inPattern) core = compactParts(short, body);
    let made = this.affixed(withSign(pattern, sign), core, inPattern);
    if (settings.unit === "percent" && settings.unitDisplay !== "long") {
      made = made.map((part) => (part.type === "percentSign" ? { type: "unit", value: part.value } : part));
    } else if (settings.style === "unit") made = this.withUnit(made.filter((part) => part.type !== "percentSign"), form(shown.power));
    if (isName) {
      // Sindhi has none of its own.
      const unit = choose(this.of.cu, form(shown.power)) ?? "{0} {1}";
      const { currency } = settings;
      const names = table("currencies", settings.data)[currency];
      const name = (names?.p && choose(names.p, form(shown.power))) ?? names?.d ?? currency;
      made = filled(unit, made, [{ type: "currency", value: name }]);
    }
    return made;
  }

  // A pattern's prefix and suffix around the number.
  affixed(pattern, body, isShort) {
    const match = pattern.match(/^((?:'[^']*'|[^#0'])*)([#0][#0,.@]*(?:E[+0]*)?)((?:.|\n)*)$/);
    const made = [...this.affix(match[1]), ...body, ...this.affix(match[3], isShort)];
    return this.symbol === undefined ? made : spaced(made);
  }

  affix(text, isShort = false) {
    const made = [];
    let literal = "";
    const flush = () => {
      if (literal === "") return;
      if (isShort) made.push(...literalAndWord(literal));
      else made.push({ type: "literal", value: literal });
      literal = "";
    };
    const { sy } = this.of;
    for (let i = 0; i < text.length; i++) {
      const c = text[i];
      if (c === "'") {
        const end = text.indexOf("'", i + 1);
        literal += end === i + 1 ? "'" : text.slice(i + 1, end);
        i = end;
      } else if (c === "¤") {
        flush();
        made.push({ type: "currency", value: this.symbol });
      } else if (c === "-" || c === "+" || c === "%" || c === "~") {
        flush();
        const [type, value] = c === "~" ? ["approximatelySign", sy.ap] : c === "-" ? ["minusSign", sy.mi] : c === "+" ? ["plusSign", sy.pl] : ["percentSign", sy.p];
        made.push({ type, value });
      } else literal += c;
    }
    flush();
    return made;
  }

  withUnit(body, form) {
    const { unit, unitDisplay, data } = this.settings;
    const units = table("units", data)[unitDisplay[0]];
    const own = units[unit];
    if (own !== undefined) return filledUnit(choose(own, form), body);
    const at = unit.indexOf("-per-");
    const first = units[unit.slice(0, at)];
    const second = units[unit.slice(at + 5)];
    if (second.per !== undefined) return filledUnit(second.per.replace("{0}", choose(first, form)), body);
    const bare = choose(second, "one").replace("{0}", "").trim();
    return filledUnit(units.per.replace("{0}", choose(first, form)).replace("{1}", bare), body);
  }
}

const WORDS = ["minusSign", "plusSign", "percentSign", "currency", "unit", "compact", "exponentMinusSign", "exponentSeparator"];

// Marks of direction and blanks around a word are not part of it, and what stands between words is one literal.
function separated(parts) {
  const made = [];
  const add = (type, value) => {
    if (value === "") return;
    const last = made[made.length - 1];
    if (type === "literal" && last?.type === "literal") last.value += value;
    else made.push({ type, value });
  };
  for (const { type, value } of parts) {
    const match = WORDS.includes(type) ? value.match(/^([\s\u00a0\u061c\u200e\u200f\u202f]*)(.*?)([\s\u00a0\u061c\u200e\u200f\u202f]*)$/s) : undefined;
    if (match === undefined) add(type, value);
    else if (match[2] === "") add("literal", value);
    else {
      add("literal", match[1]);
      add(type, match[2]);
      add("literal", match[3]);
    }
  }
  return made;
}

function currencySymbol({ currency, currencyDisplay, data }) {
  if (currencyDisplay === "code") return currency;
  const of = table("currencies", data)[currency];
  if (currencyDisplay === "narrowSymbol") return of?.n ?? of?.s ?? currency;
  return of?.s ?? currency;
}

// A positive or negative pattern with the sign where the language puts it.
function withSign(pattern, sign) {
  const at = pattern.indexOf(";");
  const positive = at < 0 ? pattern : pattern.slice(0, at);
  if (sign === "") return positive;
  const negative = at < 0 ? `-${positive}` : pattern.slice(at + 1);
  if (sign.startsWith("~")) return negative.includes("-") ? negative.replace("-", sign) : sign + positive;
  if (sign === "-") return negative;
  return negative.includes("-") ? negative.replace("-", "+") : `+${positive}`;
}

// Between a currency's letters and a digit there is a blank.
function spaced(made) {
  const at = made.findIndex((part) => part.type === "currency");
  if (at < 0) return made;
  const { value } = made[at];
  const isDigit = (part) => part !== undefined && (part.type === "integer" || part.type === "fraction");
  if (isDigit(made[at + 1]) && !/[\p{S}\p{Z}]$/u.test(value)) made.splice(at + 1, 0, { type: "literal", value: "\u00a0" });
  else if (isDigit(made[at - 1]) && !/^[\p{S}\p{Z}]/u.test(value)) made.splice(at, 0, { type: "literal", value: "\u00a0" });
  return made;
}

function compactParts(pattern, body) {
  const unquoted = pattern.replace(/'([^']*)'/g, "$1");
  const match = unquoted.match(/^([^0]*)(0+)(.*)$/s);
  // Italian has a word for one thousand that stands without digits.
  if (match === null) return literalAndWord(unquoted);
  return [...literalAndWord(match[1]), ...body, ...literalAndWord(match[3])];
}

function literalAndWord(text) {
  const match = text.match(/^([\s\u00a0\u202f]*)(.*?)([\s\u00a0\u202f]*)$/s);
  const made = [];
  if (match[1] !== "") made.push({ type: "literal", value: match[1] });
  if (match[2] !== "") made.push({ type: "compact", value: match[2] });
  if (match[3] !== "") made.push({ type: "literal", value: match[3] });
  return made;
}

// A pattern with the parts that stand for {0} and {1}.
export function filled(pattern, first, second) {
  const made = [];
  for (const piece of pattern.split(/(\{[01]\})/)) {
    if (piece === "{0}") made.push(...first);
    else if (piece === "{1}") made.push(...second);
    else if (piece !== "") made.push({ type: "literal", value: piece });
  }
  return made;
}

function filledUnit(pattern, body) {
  const at = pattern.indexOf("{0}");
  const words = (text) => literalAndWord(text).map((part) => (part.type === "compact" ? { type: "unit", value: part.value } : part));
  if (at < 0) return words(pattern);
  return [...words(pattern.slice(0, at)), ...body, ...words(pattern.slice(at + 3))];
}

export const marked = (parts, source) => parts.map((part) => ({ ...part, source }));

export const textOf = (parts) => {
  let text = "";
  for (const { value } of parts) text += value;
  return text;
};
