// The methods of built-ins that depend on a language, and how V8 names a date's zone. What they are made of is read when one
// of them is called.
import { late } from "internal:core/late";
import {
  ArrayCtor, BigIntCtor, DateCtor, NumberCtor, StringCtor, TypeErrorCtor, Uint8ArrayCtor, defineProperty, getPrototypeOf, uncurryThis,
} from "internal:core/primordials";

const numberValue = uncurryThis(NumberCtor.prototype.valueOf);
const bigIntValue = uncurryThis(BigIntCtor.prototype.valueOf);
const toUpperCase = uncurryThis(StringCtor.prototype.toUpperCase);
const toLowerCase = uncurryThis(StringCtor.prototype.toLowerCase);
const date = {};
for (const name of ["getTime", "getTimezoneOffset", "toString", "toTimeString"]) date[name] = uncurryThis(DateCtor.prototype[name]);
const { prototype: typedArray } = getPrototypeOf(Uint8ArrayCtor);

const methods = () => late("intl/methods");

const isValid = (when) => date.getTime(when) === date.getTime(when);
const zoned = (text, when) => (isValid(when) && date.getTimezoneOffset(when) === 0 ? `${text} (Coordinated Universal Time)` : text);

// Arguments with a default do not count in a method's `length`, as those for a language do not in V8.
function install(prototype, added) {
  for (const name in added) {
    defineProperty(prototype, name, { value: added[name], writable: true, configurable: true, enumerable: false });
  }
}

function textOf(value, name) {
  if (value === undefined || value === null) throw new TypeErrorCtor(`String.prototype.${name} called on null or undefined`);
  return `${value}`;
}

function joined(list, locales, options) {
  let text = "";
  for (let i = 0; i < list.length; i++) {
    const item = list[i];
    if (i > 0) text += ",";
    if (item !== undefined && item !== null) text += `${item.toLocaleString(locales, options)}`;
  }
  return text;
}

install(NumberCtor.prototype, {
  __proto__: null, toLocaleString(locales = undefined, options = undefined) { return methods().localeNumber(numberValue(this), locales, options); },
});
install(BigIntCtor.prototype, {
  __proto__: null, toLocaleString(locales = undefined, options = undefined) { return methods().localeNumber(bigIntValue(this), locales, options); },
});
install(ArrayCtor.prototype, { __proto__: null, toLocaleString(locales = undefined, options = undefined) { return joined(this, locales, options); } });
install(typedArray, { __proto__: null, toLocaleString(locales = undefined, options = undefined) { return joined(this, locales, options); } });
install(DateCtor.prototype, {
  __proto__: null,
  toLocaleString(locales = undefined, options = undefined) { return methods().localeDate(date.getTime(this), locales, options, "any", "all"); },
  toLocaleDateString(locales = undefined, options = undefined) { return methods().localeDate(date.getTime(this), locales, options, "date", "date"); },
  toLocaleTimeString(locales = undefined, options = undefined) { return methods().localeDate(date.getTime(this), locales, options, "time", "time"); },
  toString() { return zoned(date.toString(this), this); },
  toTimeString() { return zoned(date.toTimeString(this), this); },
});
install(StringCtor.prototype, {
  __proto__: null,
  localeCompare(that, locales = undefined, options = undefined) {
    return methods().compareTexts(textOf(this, "localeCompare"), `${that}`, locales, options);
  },
  toLocaleUpperCase(locales = undefined) {
    const text = textOf(this, "toLocaleUpperCase");
    return locales === undefined ? toUpperCase(text) : methods().upperCase(text, locales);
  },
  toLocaleLowerCase(locales = undefined) {
    const text = textOf(this, "toLocaleLowerCase");
    return locales === undefined ? toLowerCase(text) : methods().lowerCase(text, locales);
  },
});
