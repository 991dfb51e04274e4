// CLDR's tables, as crates/intl has them: a table of a language has its own values, and what differs in its other locales.
import { ops } from "internal:core/ops";

const { parse } = JSON;
const loaded = new Map();

function merged(base, change) {
  if (typeof change !== "object" || change === null || Array.isArray(change) || typeof base !== "object" || base === null || Array.isArray(base)) return change;
  const made = { __proto__: null, ...base };
  for (const key of Object.keys(change)) {
    if (change[key] === null) delete made[key];
    else made[key] = key in made ? merged(made[key], change[key]) : change[key];
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

// The values of a section for a locale of CLDR.
export function table(section, locale) {
  const key = `${section}/${locale}`;
  let value = loaded.get(key);
  if (value !== undefined) return value;
  const language = locale.split("-")[0];
  const all = read(`${section}/${language}`) ?? read(`${section}/en`);
  const base = Object.keys(all)[0];
  value = locale === base || all[locale] === undefined ? all[base] : merged(all[base], all[locale]);
  loaded.set(key, value);
  return value;
}
