// Intl.NumberFormat.
import { resolvedDigits } from "internal:intl/number_digits";
import { finish, keeper } from "internal:intl/locales";
import { readNumberOptions } from "internal:intl/number_options";
import { Writer, marked, textOf } from "internal:intl/number_writer";

// What a script gives to be formatted: a number, a BigInt, or the digits of a text, exactly.
function mathematical(value) {
  const primitive = typeof value === "object" && value !== null || typeof value === "function" ? toPrimitive(value) : value;
  if (typeof primitive === "bigint") return primitive;
  if (typeof primitive === "string") {
    const text = primitive.trim();
    if (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d{1,4})?$/i.test(text) && Number.isFinite(Number(text))) return text;
  }
  return Number(primitive);
}

function toPrimitive(value) {
  const method = value[Symbol.toPrimitive];
  if (method !== undefined && method !== null) return Reflect.apply(method, value, ["number"]);
  for (const name of ["valueOf", "toString"]) {
    if (typeof value[name] === "function") {
      const made = value[name]();
      if (typeof made !== "object" && typeof made !== "function" || made === null) return made;
    }
  }
  throw new TypeError("Cannot convert object to primitive value");
}

function rangeParts(writer, low, high) {
  if (low === undefined || high === undefined) throw new TypeError("start or end is undefined");
  const [first, last] = [mathematical(low), mathematical(high)];
  if (Number.isNaN(Number(first)) || Number.isNaN(Number(last))) throw new RangeError("Invalid argument");
  const [left, right] = [writer.parts(first), writer.parts(last)];
  if (textOf(left) === textOf(right)) {
    return marked(writer.parts(first, undefined, "~"), "shared");
  }
  const { settings } = writer;
  const outer = settings.style === "unit" ? "unit" : settings.currencyDisplay === "name" ? "currency" : undefined;
  // The form of a word that stands once goes by both numbers.
  const form = writer.rangeForm(first, last);
  const [from, to] = [first, last].map((value) => layers(writer.parts(value, form), outer));
  // A sign, a symbol and a short word stand once where both have the same, when that is longer than one character.
  const around = (of) => textOf(of.before) + textOf(of.after);
  const isOnce = around(from) === around(to) && [...around(from)].length > 1;
  const isDense = isOnce || (around(from) === "" && !left.some(({ type }) => type === "exponentInteger"));
  const dash = writer.of.r.replace(/\{[01]\}/g, "");
  const between = { type: "literal", value: isDense ? dash : ` ${dash.trim()} `, source: "shared" };
  const whole = (parts, forced) => {
    const own = layers(parts, outer);
    const { before, body, after } = own.body.length === 0 ? forced : own;
    return [...before, ...body, ...after];
  };
  const [start, end] = isOnce ? [from.body, to.body] : [whole(left, from), whole(right, to)];
  const inner = [...marked(start, "startRange"), between, ...marked(end, "endRange")];
  const shared = (parts) => marked(parts, "shared");
  return joined(isOnce ? [...shared(to.opening), ...shared(to.before), ...inner, ...shared(to.after), ...shared(to.closing)] : [...shared(to.opening), ...inner, ...shared(to.closing)]);
}

// Literals that meet are one, which belongs to both when they are of two sources.
function joined(parts) {
  const made = [];
  for (const part of parts) {
    const last = made[made.length - 1];
    if (part.type === "literal" && last?.type === "literal") {
      last.value += part.value;
      if (last.source !== part.source) last.source = "shared";
    } else made.push({ ...part });
  }
  return made;
}

const DIGITS = ["integer", "group", "decimal", "fraction", "exponentSeparator", "exponentMinusSign", "exponentInteger", "nan", "infinity"];

// A number's parts from outside to inside: `outer`, the name of a unit or of money, around the sign and symbol, around the digits.
function layers(parts, outer) {
  let [open, close] = [0, parts.length];
  const isOuter = (part) => part.type === outer;
  const isDigit = ({ type }) => DIGITS.includes(type);
  const first = parts.findIndex(isDigit);
  const last = parts.findLastIndex(isDigit);
  // Some languages have words for two that stand without a digit.
  if (first < 0) return { opening: [], before: [], body: [], after: [], closing: parts };
  if (outer !== undefined) {
    const leading = parts.slice(0, first).findLastIndex(isOuter);
    if (leading >= 0) {
      open = leading + 1;
      while (parts[open].type === "literal") open++;
    }
    const trailing = parts.slice(last + 1).findIndex(isOuter);
    if (trailing >= 0) {
      close = last + 1 + trailing;
      while (parts[close - 1].type === "literal") close--;
    }
  }
  const [from, to] = [Math.max(first, open), last + 1];
  return {
    opening: parts.slice(0, open), before: parts.slice(open, from), body: parts.slice(from, to), after: parts.slice(to, close), closing: parts.slice(close),
  };
}

class Formatter {
  #writer; #bound;
  constructor(locales, options) { this.#writer = new Writer(readNumberOptions(locales, options)); }
  get format() {
    this.#bound ??= { "": (value) => textOf(this.#writer.parts(mathematical(value))) }[""];
    return this.#bound;
  }
  formatToParts(value) { return this.#writer.parts(mathematical(value)); }
  formatRange(start, end) { return textOf(rangeParts(this.#writer, start, end)); }
  formatRangeToParts(start, end) { return rangeParts(this.#writer, start, end); }
  resolvedOptions() {
    const { settings } = this.#writer;
    const { digits } = settings;
    const resolved = { locale: settings.locale, numberingSystem: settings.system, style: settings.style };
    for (const name of ["currency", "currencyDisplay", "currencySign", "unit", "unitDisplay"]) if (settings[name] !== undefined) resolved[name] = settings[name];
    resolvedDigits(digits, resolved);
    resolved.useGrouping = settings.grouping;
    resolved.notation = settings.notation;
    if (settings.notation === "compact") resolved.compactDisplay = settings.compactDisplay;
    resolved.signDisplay = settings.sign;
    resolved.roundingMode = digits.mode;
    resolved.roundingIncrement = digits.increment;
    resolved.trailingZeroDisplay = digits.trailing;
    resolved.roundingPriority = digits.priority;
    return resolved;
  }
}

export const NumberFormat = finish(Formatter, "NumberFormat", 0, true);

const writerFor = keeper((locales, options) => new Writer(readNumberOptions(locales, options)));
export const localeNumber = (value, locales, options) => textOf(writerFor(locales, options).parts(value));
