// Intl.NumberFormat.
import { resolvedDigits } from "internal:intl/number_digits";
import { finish, keeper } from "internal:intl/locales";
import { readNumberOptions } from "internal:intl/number_options";
import { Writer, textOf } from "internal:intl/number_writer";

// What a script gives to be formatted: a number, a BigInt, or the digits of a text, exactly.
export function mathematical(value) {
  const primitive = typeof value === "object" && value !== null || typeof value === "function" ? toPrimitive(value) : value;
  if (typeof primitive === "bigint") return primitive;
  if (typeof primitive === "string") {
    const text = primitive.trim();
    if (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d{1,4})?$/i.test(text)) return text;
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

function rangeParts(writer, start, end) {
  if (start === undefined || end === undefined) throw new TypeError("start or end is undefined");
  const [first, last] = [mathematical(start), mathematical(end)];
  if (Number.isNaN(Number(first)) || Number.isNaN(Number(last))) throw new RangeError("Invalid argument");
  const [left, right] = [writer.parts(first), writer.parts(last)];
  if (textOf(left) === textOf(right)) {
    const shared = left.map((part) => ({ ...part, source: "shared" }));
    const at = shared.findIndex((part) => part.type !== "literal");
    return [...shared.slice(0, at), { type: "approximatelySign", value: writer.of.sy.ap, source: "shared" }, ...shared.slice(at)];
  }
  const mark = (parts, source) => parts.map((part) => ({ ...part, source }));
  const isDigits = ({ type }) => ["integer", "group", "decimal", "fraction"].includes(type);
  const split = (parts) => {
    const from = parts.findIndex(isDigits);
    let to = parts.length;
    while (to > from && !isDigits(parts[to - 1])) to--;
    return from < 0 ? [[], parts, []] : [parts.slice(0, from), parts.slice(from, to), parts.slice(to)];
  };
  const [before, middle, after] = split(left);
  const [before2, middle2, after2] = split(right);
  const dash = writer.of.r.replace("{0}", "").replace("{1}", "");
  if (left.every(isDigits)) return [...mark(left, "startRange"), { type: "literal", value: dash, source: "shared" }, ...mark(right, "endRange")];
  const around = textOf(before) + textOf(after);
  const signed = [...left, ...right].some(({ type }) => type === "minusSign" || type === "plusSign");
  // What both have around their digits stands once when it is longer than a character; else blanks surround the dash.
  if (!signed && textOf(before) === textOf(before2) && textOf(after) === textOf(after2) && [...around].length !== 1) {
    return [...mark(before, "shared"), ...mark(middle, "startRange"), { type: "literal", value: dash, source: "shared" },
      ...mark(middle2, "endRange"), ...mark(after, "shared")];
  }
  return [...mark(left, "startRange"), { type: "literal", value: ` ${dash.trim()} `, source: "shared" }, ...mark(right, "endRange")];
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

export const NumberFormat = finish(Formatter, "NumberFormat");

const writerFor = keeper((locales, options) => new Writer(readNumberOptions(locales, options)));
export const localeNumber = (value, locales, options) => textOf(writerFor(locales, options).parts(value));
