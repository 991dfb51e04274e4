// CLDR's tables, as crates/intl has them: a table of a language has its own values, and what differs in its other locales.
import { ops } from "internal:core/ops";

const { parse } = JSON;
const loaded = new Map();

// `gone` stands for what is not there.
function merged(base, change, gone) {
  if (typeof change !== "object" || change === null || Array.isArray(change) || typeof base !== "object" || base === null || Array.isArray(base)) return change;
  const made = { __proto__: null, ...base };
  for (const key of Object.keys(change)) {
    if (change[key] === gone) delete made[key];
    else made[key] = key in made ? merged(made[key], change[key], gone) : change[key];
  }
  return made;
}

function read(name) {
  const text = ops.intl_table(name);
  return text === null ? undefined : parse(text);
}

let general;
export function core() {
  general ??= read("core");
  return general;
}

// Writes the digits of a text as those of a numbering system.
export function figuresOf(system) {
  if (system === "latn") return (text) => text;
  const figures = [...core().systems[system]];
  return (text) => text.replace(/[0-9]/g, (digit) => figures[digit]);
}

// The values of a section for a locale of CLDR.
export function table(section, locale) {
  const key = `${section}/${locale}`;
  let value = loaded.get(key);
  if (value !== undefined) return value;
  const language = locale.split("-")[0];
  const all = read(`${section}/${language}`) ?? read(`${section}/en`);
  const base = Object.keys(all)[0];
  value = locale === base || all[locale] === undefined ? all[base] : merged(all[base], all[locale], null);
  loaded.set(key, value);
  return value;
}

// The calendars that have their words from another one.
const LIKE = { __proto__: null, dangi: "chinese", "ethiopic-amete-alem": "ethiopic" };

// The values of a calendar: it has what differs from the one that it is like.
export function calendarTable(name, locale) {
  if (name === "generic") return table(name, locale);
  return merged(calendarTable(LIKE[name] ?? "generic", locale), table(name, locale), 0);
}
