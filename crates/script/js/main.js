// Puts the prelude together: the globals of a script, and the functions that Rust calls.
import { ops } from "internal:ops";
import { logger } from "internal:console";
import { errorText, thrownText, withoutError } from "internal:errors";
import { format } from "internal:format";
import { sleep } from "internal:helpers";
import {
  BigIntCtor, ObjectCtor, StringCtor, TypeErrorCtor, defineProperty, jsonStringify, uncurryThis,
} from "internal:primordials";
import * as timers from "internal:timers";

export { callSite, describe, errorText, makeError } from "internal:errors";
export { dispatch, wrap } from "internal:handles";
export { fire } from "internal:timers";

export const bigInt = (digits) => BigIntCtor(digits);
export const wellFormed = uncurryThis(StringCtor.prototype.toWellFormed);
export const bufferFrom = (buffer) => new Uint8Array(buffer);

const results = {};

function define(name, value) {
  defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
}

export function start(vars, page) {
  define("page", page);
  define("vars", vars);
  define("results", results);
  define("logger", logger);
  define("console", logger);
  define("format", format);
  define("sleep", sleep);
  for (const name of ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "setImmediate", "clearImmediate"]) {
    define(name, timers[name]);
  }
}

function ended(local) {
  if (local !== globalThis.results) ops.job_shadowed();
}

export async function runJob(body) {
  ops.job_began();
  let thrown;
  try {
    await body(ended);
  } catch (error) {
    thrown = thrownText(error);
    ops.log("ERROR", thrown);
  }
  ops.job_ended();
  if (thrown !== undefined) {
    ops.log("ERROR", withoutError(thrown));
    ops.job_failed(withoutError(thrown));
  }
}

export function resultsText() {
  const { results } = globalThis;
  if (typeof results !== "object" || results === null) throw new TypeErrorCtor("results is not an object");
  return jsonStringify(results) ?? "{}";
}
