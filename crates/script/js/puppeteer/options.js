// Puppeteer's option objects, read once, with its defaults where they are about the shape of a call.
import { modern } from "internal:core/api";
import { map } from "internal:core/arrays";
import { ErrorCtor, NumberCtor, TypeErrorCtor, isArray, jsonStringify } from "internal:core/primordials";

// A timeout in milliseconds: undefined is the page's default, 0 (and what counts as false) is none, and less than 0
// is over at once.
export function timeoutOf(timeout) {
  if (timeout === undefined) return undefined;
  const number = NumberCtor(timeout || 0);
  return number < Infinity ? number : 0;
}

export function navigation(options = {}) {
  const { timeout, waitUntil, referer, referrerPolicy, networkIdleTimeout, networkIdleInflight } = options;
  refuse(networkIdleTimeout !== undefined, "ERROR: networkIdleTimeout option is no longer supported.");
  refuse(networkIdleInflight !== undefined, "ERROR: networkIdleInflight option is no longer supported.");
  refuse(waitUntil === "networkidle", 'ERROR: "networkidle" option is no longer supported. Use "networkidle2" instead');
  return {
    __proto__: null, timeout: limitOf(timeout), waitUntil: names(waitUntil), referer: text(referer),
    referrerPolicy: text(referrerPolicy),
  };
}

// In newer Puppeteers less than 0 is no limit of a navigation.
function limitOf(timeout) {
  const limit = timeoutOf(timeout);
  return modern && limit < 0 ? 0 : limit;
}

function refuse(condition, message) {
  if (condition) throw new ErrorCtor(message);
}

function names(waitUntil) {
  if (waitUntil === undefined) return undefined;
  return isArray(waitUntil) ? map(waitUntil, (each) => `${each}`) : [`${waitUntil}`];
}

export function waitOptions(options) {
  const { visible = false, hidden = false, timeout } = options ?? {};
  return { __proto__: null, visible: !!visible, hidden: !!hidden, timeout: timeoutOf(timeout) };
}

// The text of an argument that a call cannot do without. A script that forgot it would wait for what nobody means.
export function required(value, call, name) {
  if (value === undefined || value === null) throw new TypeErrorCtor(`${call}() needs a text as its argument "${name}", and got ${value}`);
  return `${value}`;
}

// undefined and null stay what they are, anything else becomes text.
export function text(value) {
  return value === undefined || value === null ? value : `${value}`;
}

// How a page is opened: in a window of its own, or behind others. Nothing when a script says nothing.
export function newPageOptions(options) {
  if (options === undefined || options === null) return undefined;
  const { type, windowBounds, background } = options;
  const window = type === "window" ? windowBounds ?? {} : undefined;
  return jsonStringify({ window, background: background === undefined ? undefined : !!background });
}

// The named members of an object, as plain data for an op.
export function pick(object, names) {
  const picked = { __proto__: null };
  for (let i = 0; i < names.length; i++) picked[names[i]] = object[names[i]];
  return picked;
}
