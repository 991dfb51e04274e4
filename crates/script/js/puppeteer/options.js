// Puppeteer's option objects, read once, with its defaults where they are about the shape of a call.
import { map } from "internal:core/arrays";
import { ErrorCtor, NumberCtor, TypeErrorCtor, isArray } from "internal:core/primordials";

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
    __proto__: null, timeout: timeoutOf(timeout), waitUntil: names(waitUntil), referer: text(referer),
    referrerPolicy: text(referrerPolicy),
  };
}

function refuse(condition, message) {
  if (condition) throw new ErrorCtor(message);
}

function names(waitUntil) {
  if (waitUntil === undefined) return undefined;
  return isArray(waitUntil) ? map(waitUntil, (each) => `${each}`) : [`${waitUntil}`];
}

export function waitOptions(options = {}) {
  const { visible = false, hidden = false, timeout } = options;
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

// The named members of an object, as plain data for an op.
export function pick(object, names) {
  const picked = { __proto__: null };
  for (let i = 0; i < names.length; i++) picked[names[i]] = object[names[i]];
  return picked;
}
