// What V8 prints and compares in the one locale that Node 12 was built with, en-US. The engine itself knows none.
import { localeDate } from "internal:node/locale_dates";
import { grouped, numberText } from "internal:node/locale_numbers";
import {
  BigIntCtor, DateCtor, NumberCtor, RegExpCtor, StringCtor, SymbolCtor, TypeErrorCtor, defineProperty, fixed, uncurryThis,
} from "internal:core/primordials";

const numberValue = uncurryThis(NumberCtor.prototype.valueOf);
const bigIntValue = uncurryThis(BigIntCtor.prototype.valueOf);
const slice = uncurryThis(StringCtor.prototype.slice);
const normalize = uncurryThis(StringCtor.prototype.normalize);
const toLowerCase = uncurryThis(StringCtor.prototype.toLowerCase);
const codePointAt = uncurryThis(StringCtor.prototype.codePointAt);
const test = uncurryThis(RegExpCtor.prototype.test);
const replace = uncurryThis(RegExpCtor.prototype[SymbolCtor.replace]);
const date = {};
for (const name of ["getTime", "getTimezoneOffset", "toString", "toTimeString"]) date[name] = uncurryThis(DateCtor.prototype[name]);

const isValid = (when) => date.getTime(when) === date.getTime(when);
const zoned = (text, when) => (isValid(when) && date.getTimezoneOffset(when) === 0 ? `${text} (Coordinated Universal Time)` : text);

const MARKS = fixed(/\p{M}+/gu);
const NO_MARKS = fixed(/\P{M}+/gu);
const LETTER = fixed(/^\p{L}/u);
const DIGITS = fixed(/^[0-9]/);
const PLAIN = fixed(/^[\x00-\x7f]*$/);

// Letters come after digits, digits after everything else.
function rank(character) {
  if (test(LETTER, character)) return 2;
  return test(DIGITS, character) ? 1 : 0;
}

function digitsFrom(text, start) {
  let end = start;
  while (end < text.length && test(DIGITS, text[end])) end++;
  return slice(text, start, end);
}

function compareLetters(a, b, numeric) {
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if (numeric && test(DIGITS, a[i]) && test(DIGITS, b[j])) {
      const left = digitsFrom(a, i);
      const right = digitsFrom(b, j);
      if (+left !== +right) return +left < +right ? -1 : 1;
      i += left.length;
      j += right.length;
      continue;
    }
    const left = rank(a[i]);
    const right = rank(b[j]);
    if (left !== right) return left < right ? -1 : 1;
    if (a[i] !== b[j]) return codePointAt(a, i) < codePointAt(b, j) ? -1 : 1;
    i++;
    j++;
  }
  return i < a.length ? 1 : j < b.length ? -1 : 0;
}

const order = (a, b) => (a === b ? 0 : a < b ? -1 : 1);

// First the letters decide, then their accents, then their case, small ones first.
function compare(a, b, options) {
  const plain = test(PLAIN, a) && test(PLAIN, b);
  const left = plain ? a : normalize(a, "NFD");
  const right = plain ? b : normalize(b, "NFD");
  const bare = (text) => toLowerCase(plain ? text : replace(MARKS, text, ""));
  const letters = compareLetters(bare(left), bare(right), options?.numeric === true);
  const { sensitivity } = options ?? {};
  if (letters !== 0 || sensitivity === "base") return letters;
  const marks = plain ? 0 : order(replace(NO_MARKS, left, " "), replace(NO_MARKS, right, " "));
  if (marks !== 0 || sensitivity === "accent") return marks;
  for (let i = 0; i < left.length && i < right.length; i++) {
    if (left[i] !== right[i]) return left[i] === toLowerCase(left[i]) ? -1 : 1;
  }
  return 0;
}

function install(prototype, methods) {
  for (const name of ["toLocaleString", "toLocaleDateString", "toLocaleTimeString", "toString", "toTimeString", "localeCompare"]) {
    if (methods[name] === undefined) continue;
    defineProperty(prototype, name, { value: methods[name], writable: true, configurable: true, enumerable: false });
  }
}

install(NumberCtor.prototype, { __proto__: null, toLocaleString(locales, options) { return numberText(numberValue(this), options); } });
install(BigIntCtor.prototype, {
  __proto__: null,
  toLocaleString() {
    const text = `${bigIntValue(this)}`;
    return text[0] === "-" ? `-${grouped(slice(text, 1))}` : grouped(text);
  },
});
install(DateCtor.prototype, {
  __proto__: null,
  toLocaleString(locales, options) { return localeDate(this, options, "any", "all"); },
  toLocaleDateString(locales, options) { return localeDate(this, options, "date", "date"); },
  toLocaleTimeString(locales, options) { return localeDate(this, options, "time", "time"); },
  toString() { return zoned(date.toString(this), this); },
  toTimeString() { return zoned(date.toTimeString(this), this); },
});
install(StringCtor.prototype, {
  __proto__: null,
  localeCompare(that, locales, options) {
    if (this === undefined || this === null) throw new TypeErrorCtor("String.prototype.localeCompare called on null or undefined");
    return compare(`${this}`, `${that}`, options);
  },
});
