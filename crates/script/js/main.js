// Puts the prelude together: the globals of a script, and the functions that Rust calls.
import { ops } from "internal:ops";
import { Buffer } from "internal:buffer";
import { structuredClone } from "internal:clone";
import { logger } from "internal:console";
import { TextDecoder, TextEncoder, atob, btoa } from "internal:encoding";
import { describe, thrownText, withoutError } from "internal:errors";
import { format } from "internal:format";
import { dispatch as deliver } from "internal:handles";
import { getElementText, sanitize, scroll, scrollByPx, sleep } from "internal:helpers";
import { inspect } from "internal:inspect";
import {
  BigIntCtor, PromiseCtor, StringCtor, TypeErrorCtor, apply, defineProperty, jsonStringify, keys, uncurryThis,
} from "internal:primordials";
import {
  clearImmediate, clearInterval, clearTimeout, fire as runTimer, setImmediate, setInterval, setTimeout,
} from "internal:timers";
import { listenToConsole, puppeteer } from "internal:puppeteer";
import { URL, URLSearchParams } from "internal:url";

export { bufferFrom } from "internal:buffer";
export { describe, errorText, makeError, rawStack } from "internal:errors";
export { wrap } from "internal:handles";

export const bigInt = (digits) => BigIntCtor(digits);
export const wellFormed = uncurryThis(StringCtor.prototype.toWellFormed);

// What a timer's callback or a listener throws reaches nobody: it is a line of the log.
const guarded = (run) => (...args) => {
  try {
    apply(run, undefined, args);
  } catch (error) {
    ops.log("WARN", `Unhandled rejection: ${describe(error)}`);
  }
};
export const fire = guarded(runTimer);
export const dispatch = guarded(deliver);

const global = globalThis;
const results = {};

const globals = {
  results, logger, console: logger, format, util: { format, inspect }, sleep, scroll, scrollByPx, getElementText, sanitize,
  setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate, URL, URLSearchParams, TextEncoder,
  TextDecoder, atob, btoa, structuredClone, Buffer, puppeteer,
};

function define(object, name, value) {
  defineProperty(object, name, { value, writable: true, configurable: true, enumerable: false });
}

export function start(vars, page) {
  define(global, "page", page);
  if (page !== undefined) listenToConsole(page, logger);
  define(global, "vars", vars);
  const names = keys(globals);
  for (let i = 0; i < names.length; i++) define(global, names[i], globals[names[i]]);
  for (const name of ["gc", "navigator", "performance", "print", "scriptArgs", "std", "os", "bjson"]) delete global[name];
  lockLookups();
}

// Two lookups that the engine makes on its own: `await` asks a promise for its constructor, and a template literal calls
// `concat` of its text. Assigning one of them to the prototype would let a script see or break what the prelude does; on
// objects of its own it may do as it likes.
function lockLookups() {
  lock(PromiseCtor.prototype, "constructor");
  lock(StringCtor.prototype, "concat");
}

function lock(prototype, name) {
  const value = prototype[name];
  defineProperty(prototype, name, {
    get() { return value; },
    set(other) { if (this !== prototype) define(this, name, other); },
    configurable: false, enumerable: false,
  });
}

function ended(local) {
  if (local !== global.results) ops.job_shadowed();
}

export async function runJob(body) {
  ops.job_began();
  let thrown;
  try {
    await body(ended);
  } catch (error) {
    thrown = ops.job_threw(thrownText(error));
    ops.log("ERROR", thrown);
  }
  ops.job_ended();
  if (thrown !== undefined) {
    ops.log("ERROR", withoutError(thrown));
    ops.job_failed(withoutError(thrown));
  }
}

export function resultsText() {
  const { results: value } = global;
  if (typeof value !== "object" || value === null) throw new TypeErrorCtor("results is not an object");
  return jsonStringify(value) ?? "{}";
}
