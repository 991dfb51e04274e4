// Intl.DisplayNames.
import { canonicalLocales, canonicalTag, finish, option, parts, resolveLocale } from "internal:intl/locales";
import { table } from "internal:intl/tables";

const TYPES = ["language", "region", "script", "currency", "calendar", "dateTimeField"];
const FIELDS = ["era", "year", "quarter", "month", "weekOfYear", "weekday", "day", "dayPeriod", "hour", "minute", "second", "timeZoneName"];
const CALENDARS = { __proto__: null, gregory: "gregorian", ethioaa: "ethiopic-amete-alem", islamicc: "islamic-civil" };

const shapes = {
  region: /^([a-z]{2}|\d{3})$/i, script: /^[a-z]{4}$/i, currency: /^[a-z]{3}$/i, calendar: /^[a-z0-9]{3,8}(-[a-z0-9]{3,8})*$/i,
};

const title = (text) => text[0].toUpperCase() + text.slice(1).toLowerCase();

class Formatter {
  #locale; #style; #type; #fallback; #dialect; #data;
  constructor(locales, options) {
    const requested = canonicalLocales(locales);
    if (options === undefined) throw new TypeError("Cannot convert undefined or null to object");
    if (typeof options !== "object" || options === null) throw new TypeError("Incorrect options: an object is needed");
    option(options, "localeMatcher", ["lookup", "best fit"], "best fit");
    const { locale, data } = resolveLocale(requested, {}, {});
    this.#style = option(options, "style", ["narrow", "short", "long"], "long");
    this.#type = option(options, "type", TYPES);
    if (this.#type === undefined) throw new TypeError("Required option \"type\" must not be undefined");
    this.#fallback = option(options, "fallback", ["code", "none"], "code");
    const dialect = option(options, "languageDisplay", ["dialect", "standard"], "dialect");
    if (this.#type === "language") this.#dialect = dialect;
    this.#locale = locale;
    this.#data = data;
  }
  of(code) {
    const text = `${code}`;
    if (this.#type === "dateTimeField") {
      if (!FIELDS.includes(text)) throw new RangeError(`Invalid argument for Intl.DisplayNames.prototype.of()`);
      return table("relative", this.#data).names[this.#style[0]][text];
    }
    if (shapes[this.#type]?.test(text) === false) throw new RangeError(`Invalid argument for Intl.DisplayNames.prototype.of()`);
    const key = this.#key(text);
    return this.#name(key) ?? (this.#fallback === "code" ? key : undefined);
  }
  #key(text) {
    switch (this.#type) {
      case "region": case "currency": return text.toUpperCase();
      case "script": return title(text);
      case "calendar": return text.toLowerCase();
      default: return canonicalTag(text);
    }
  }
  #pick(names, key) {
    if (this.#style !== "long" && names.s[key] !== undefined) return names.s[key];
    return names.d[key];
  }
  #name(key) {
    if (this.#type === "currency") return table("currencies", this.#data)[key]?.d;
    const names = table("names", this.#data);
    if (this.#type === "region") return this.#pick(names.r, key);
    if (this.#type === "script") return this.#pick(names.s, key);
    if (this.#type === "calendar") return names.c?.[CALENDARS[key] ?? key] ?? table("names", "en").c[CALENDARS[key] ?? key];
    return this.#language(names, key);
  }
  #variant(names, key) { return this.#pick(names.v, key) ?? key; }
  // A language with its script and region: the longest name that there is, and the rest in brackets.
  #language(names, tag) {
    const whole = this.#dialect === "dialect" ? this.#pick(names.l, tag) : undefined;
    if (whole !== undefined) return whole;
    const [language, ...rest] = parts(tag).base.split("-");
    const script = rest.find((part) => part.length === 4 && /^[A-Z]/.test(part));
    const region = rest.find((part) => /^([A-Z]{2}|\d{3})$/.test(part));
    const left = [script, region];
    let name;
    if (this.#dialect === "dialect") {
      if (script !== undefined && region === undefined) name = this.#pick(names.l, `${language}-${script}`);
      if (region !== undefined && script === undefined) name = this.#pick(names.l, `${language}-${region}`);
      if (name !== undefined) left.fill(undefined);
    }
    name ??= this.#pick(names.l, language);
    if (name === undefined) return undefined;
    const details = [
      left[0] && (this.#pick(names.s, left[0]) ?? left[0]), left[1] && (this.#pick(names.r, left[1]) ?? left[1]),
      ...rest.filter((part) => part !== script && part !== region).map((part) => this.#variant(names, part.toUpperCase())),
    ].filter((part) => part !== undefined);
    if (details.length === 0) return name;
    const { localePattern, localeSeparator } = names.p;
    const list = details.reduce((made, part) => localeSeparator.replace("{0}", made).replace("{1}", part));
    return localePattern.replace("{0}", name.replace(/\(/g, "[").replace(/\)/g, "]")).replace("{1}", list.replace(/\(/g, "[").replace(/\)/g, "]"));
  }
  resolvedOptions() {
    const resolved = { locale: this.#locale, style: this.#style, type: this.#type, fallback: this.#fallback };
    if (this.#dialect !== undefined) resolved.languageDisplay = this.#dialect;
    return resolved;
  }
}

export const DisplayNames = finish(Formatter, "DisplayNames", 2);
