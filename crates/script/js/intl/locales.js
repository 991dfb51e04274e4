// Language tags, and which of the locales that there are a script gets: ECMA-402, 9.2.
import { ops } from "internal:core/ops";
import { core, table } from "internal:intl/tables";

export const DEFAULT_LOCALE = "en-US";

// Names of calendars that have others now.
export const CALENDAR_ALIASES = { __proto__: null, islamicc: "islamic-civil", "ethiopic-amete-alem": "ethioaa" };

export function canonicalTag(tag) {
  const text = /^[a-z0-9]+(-[a-z0-9]+)*$/i.test(tag) ? ops.intl_canonical(tag) : null;
  if (text === null || text === "und" && !/^und/i.test(tag)) throw new RangeError(`Incorrect locale information provided`);
  return text.replace(/-ca-(islamicc|ethiopic-amete-alem)(?=-|$)/, (_, name) => `-ca-${CALENDAR_ALIASES[name]}`);
}

// Locales that are objects of Intl.Locale.
export const localeTags = new WeakMap();

export function canonicalLocales(locales) {
  if (locales === undefined) return [];
  if (locales === null) throw new TypeError("Cannot convert undefined or null to object");
  const list = typeof locales === "string" || localeTags.has(locales) ? [locales] : Object(locales);
  const seen = [];
  const length = Math.min(Math.max(Math.trunc(Number(list.length)) || 0, 0), Number.MAX_SAFE_INTEGER);
  for (let i = 0; i < length; i++) {
    if (!(i in list)) continue;
    const value = list[i];
    if (typeof value !== "string" && (typeof value !== "object" || value === null)) {
      throw new TypeError(`Language ID should be string or object.`);
    }
    const tag = localeTags.get(value) ?? canonicalTag(String(value));
    if (!seen.includes(tag)) seen.push(tag);
  }
  return seen;
}

// A tag in its parts: the language's part, and keywords of the extension `u`.
export function parts(tag) {
  const priv = tag.search(/(^|-)x-/);
  const open = priv < 0 ? tag : tag.slice(0, priv);
  const rest = priv < 0 ? "" : tag.slice(priv);
  const match = open.match(/-u(-[a-z0-9]{2,8})+?(?=(-[a-z0-9]-)|$)/);
  if (match === null) return { base: open.replace(/-[a-wyz0-9]-.*$/, ""), keywords: new Map(), rest, attributes: [] };
  const keywords = new Map();
  const attributes = [];
  let key;
  for (const part of match[0].slice(3).split("-")) {
    if (part.length === 2) keywords.set(key = part, "");
    else if (key === undefined) attributes.push(part);
    else keywords.set(key, keywords.get(key) === "" ? part : `${keywords.get(key)}-${part}`);
  }
  return { base: open.slice(0, match.index).replace(/-[a-wyz0-9]-.*$/, ""), keywords, rest, attributes };
}

const isKnown = (tag) => Object.hasOwn(core().locales, tag);

export function bestAvailable(base, isThere = isKnown) {
  for (let tag = base; tag !== ""; ) {
    if (isThere(tag)) return tag;
    let at = tag.lastIndexOf("-");
    if (at >= 2 && tag[at - 2] === "-") at -= 2;
    tag = at < 0 ? "" : tag.slice(0, at);
  }
  return undefined;
}

// The locale of CLDR that has the values for an available one.
export const dataLocale = (locale) => core().locales[locale];

// `relevant` are the keywords that count, with what each may be: a function of the locale that answers the list, default
// first. `options` are the script's own choices, which go before those of the tag.
export function resolveLocale(requested, options, relevant, isThere = isKnown) {
  let found;
  let keywords = new Map();
  for (const tag of requested) {
    const split = parts(tag);
    found = bestAvailable(split.base, isThere);
    if (found !== undefined) {
      ({ keywords } = split);
      break;
    }
  }
  found ??= DEFAULT_LOCALE;
  const data = dataLocale(found);
  const resolved = { locale: found, data };
  const kept = [];
  for (const key of Object.keys(relevant).sort()) {
    const values = relevant[key](data, found);
    let value = values[0];
    let extension;
    if (keywords.has(key)) {
      const asked = keywords.get(key) === "" ? "true" : keywords.get(key);
      if (values.includes(asked)) {
        value = asked;
        extension = asked === "true" ? `-${key}` : `-${key}-${asked}`;
      }
    }
    const chosen = options[key];
    if (chosen !== undefined && values.includes(chosen) && chosen !== value) {
      value = chosen;
      extension = undefined;
    }
    resolved[key] = value;
    if (extension !== undefined) kept.push(extension);
  }
  if (kept.length > 0) resolved.locale += `-u${kept.join("")}`;
  return resolved;
}

function supportedLocales(locales, options) {
  const requested = canonicalLocales(locales);
  if (options !== undefined) option(Object(options), "localeMatcher", ["lookup", "best fit"], "best fit");
  return requested.filter((tag) => bestAvailable(parts(tag).base) !== undefined);
}

export function optionsObject(options) {
  if (options === undefined) return { __proto__: null };
  if (typeof options !== "object" && typeof options !== "function" || options === null) throw new TypeError("Incorrect options: an object is needed");
  return options;
}

export function coerced(options) {
  if (options === undefined) return { __proto__: null };
  if (options === null) throw new TypeError("Cannot convert undefined or null to object");
  return Object(options);
}

// One of some words, or any when `values` is undefined.
export function option(options, name, values, fallback) {
  const value = options[name];
  if (value === undefined) return fallback;
  const text = `${value}`;
  if (values !== undefined && !values.includes(text)) {
    throw new RangeError(`Value ${text} out of range for Intl options property ${name}`);
  }
  return text;
}

export function booleanOption(options, name, fallback) {
  const value = options[name];
  return value === undefined ? fallback : !!value;
}

export function numberOption(options, name, low, high, fallback) {
  return defaultNumber(options[name], name, low, high, fallback);
}

export function defaultNumber(value, name, low, high, fallback) {
  if (value === undefined) return fallback;
  const number = Number(value);
  if (!(number >= low && number <= high)) throw new RangeError(`${name} value is out of range.`);
  return Math.floor(number);
}

export const typeName = /^[a-z0-9]{3,8}(-[a-z0-9]{3,8})*$/i;
export function typeOption(options, name) {
  const value = option(options, name);
  if (value !== undefined && !typeName.test(value)) throw new RangeError(`Invalid ${name} : ${value}`);
  return value?.toLowerCase();
}

// The numbering systems that a locale may have, its own first.
export function numberingSystems(data) {
  const own = table("numbers", data);
  return [...new Set([own.ns, ...Object.keys(core().systems)])];
}

export function regionOf(locale) {
  const { base } = parts(locale);
  const region = base.match(/-([A-Z]{2}|\d{3})(?=-|$)/);
  return region?.[1] ?? ops.intl_maximize(base)?.match(/-([A-Z]{2}|\d{3})$/)?.[1] ?? "001";
}

// What is made for a locale and options, kept for the next call with the same ones.
export function keeper(make) {
  const known = new Map();
  // A sort asks for the same again and again.
  let last;
  return (locales, options, ...more) => {
    const bare = options === undefined && more.length === 0;
    if (bare && last !== undefined && last.locales === locales) return last.made;
    const isPlain = options === undefined || (typeof options === "object" && options !== null && Object.getPrototypeOf(options) === Object.prototype);
    if (!isPlain || (locales !== undefined && typeof locales !== "string")) return make(locales, options, ...more);
    const key = `${locales} ${options === undefined ? "" : JSON.stringify(options)} ${more}`;
    let found = known.get(key);
    if (found === undefined) {
      found = make(locales, options, ...more);
      if (known.size > 50) known.clear();
      known.set(key, found);
    }
    if (bare) last = { locales, made: found };
    return found;
  };
}

// A constructor in the shape that built-ins have: `length` is how many arguments it needs. `bare` says that it also works without `new`.
export function shaped(Class, name, length = 0, bare = false) {
  const { prototype } = Class;
  const made = {
    [name]: function (...args) {
      if (new.target === undefined && !bare) throw new TypeError(`Constructor Intl.${name} requires 'new'`);
      return Reflect.construct(Class, args, new.target ?? made);
    },
  }[name];
  Object.defineProperty(made, "prototype", { value: prototype, writable: false });
  Object.defineProperty(made, "length", { value: length, configurable: true });
  Object.defineProperty(prototype, "constructor", { value: made, writable: true, configurable: true, enumerable: false });
  Object.defineProperty(prototype, Symbol.toStringTag, { value: `Intl.${name}`, configurable: true });
  return made;
}

// The same with what all but Intl.Locale have.
export function finish(Class, name, length = 0, bare = false) {
  const made = shaped(Class, name, length, bare);
  Object.defineProperty(made, "supportedLocalesOf", {
    value: { supportedLocalesOf(locales, options) { return supportedLocales(locales, options); } }.supportedLocalesOf,
    writable: true, configurable: true, enumerable: false,
  });
  return made;
}
