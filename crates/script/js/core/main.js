// Puts the prelude together: the globals of a script, and the functions that Rust calls.
import { setModern } from "internal:core/api";
import { ops } from "internal:core/ops";
import "internal:node/locale";
import "internal:node/many_arguments";
import "internal:node/promise_any";
import "internal:node/radix";
import { Buffer } from "internal:node/buffer";
import { structuredClone } from "internal:node/clone";
import { logger } from "internal:node/console";
import { TextDecoder, TextEncoder, atob, btoa } from "internal:node/encoding";
import { describe, thrownText, withoutError } from "internal:core/errors";
import { format } from "internal:node/format";
import { dispatch as deliver } from "internal:core/handles";
import { getElementText, sanitize, scroll, scrollByPx, sleep } from "internal:node/job_helpers";
import { inspect } from "internal:core/inspect";
import { parse, stringify } from "internal:node/json";
import {
  BigIntCtor, PromiseCtor, StringCtor, TypeErrorCtor, apply, defineProperty, freeze, keys, uncurryThis,
} from "internal:core/primordials";
import {
  clearImmediate, clearInterval, clearTimeout, fire as runTimer, queueMicrotask, setImmediate, setInterval, setTimeout,
} from "internal:node/timers";
import { installRegExpStatics } from "internal:node/reg_exp_statics";
import { listenToConsole, puppeteer } from "internal:puppeteer/puppeteer";
import { URL, URLSearchParams } from "internal:node/url";

export { bufferFrom } from "internal:node/buffer";
export { describe, errorText, makeError, plainStacks, rawStack } from "internal:core/errors";
export { wrap } from "internal:core/handles";

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

// What the predecessor's scripts saw, and what came later: that does not show up in a loop over the globals.
const globals = { results, logger, console: logger, sleep, scroll, scrollByPx, getElementText, format, sanitize };
const additions = {
  util: { format, inspect }, setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate,
  queueMicrotask, URL,
  URLSearchParams, TextEncoder, TextDecoder, atob, btoa, structuredClone, Buffer, puppeteer,
};

function define(object, name, value, enumerable = false) {
  defineProperty(object, name, { value, writable: true, configurable: true, enumerable });
}

function defineAll(values, enumerable) {
  const names = keys(values);
  for (let i = 0; i < names.length; i++) define(global, names[i], values[names[i]], enumerable);
}

export function start(vars, page, regExpStatics, modern) {
  setModern(modern);
  if (regExpStatics) installRegExpStatics();
  if (page !== undefined) listenToConsole(page, logger);
  defineAll({ page, vars }, true);
  defineAll(globals, true);
  defineAll(additions, false);
  for (const name of ["gc", "navigator", "performance", "print", "scriptArgs", "std", "os", "bjson"]) delete global[name];
  define(JSON, "parse", { parse(text, reviver) { return parse(text, reviver); } }.parse);
  define(JSON, "stringify", { stringify(value, replacer, space) { return stringify(value, replacer, space); } }.stringify);
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

// The last lines of a job go through a script's own logger, when it has put one in the place of ours.
const { info, error: errorLine } = logger;

// What the code's function tells of its course, see source.rs.
class Course {
  #error;
  // The text of what the code threw, as the log shows it.
  static error(course) { return course.#error; }
  threw(thrown, log) {
    this.#error = ops.job_threw(thrownText(thrown));
    const { error } = log;
    if (error === errorLine) ops.log("ERROR", this.#error);
    else apply(error, log, [this.#error]);
    return this;
  }
  ended(local, log, text) {
    if (local !== global.results) ops.job_shadowed();
    const line = text("Code took %dms to execute.", ops.job_ended());
    const own = log.info;
    // It belongs to the log also when the limits are used up.
    if (own === info) ops.log_last("INFO", line);
    else apply(own, log, [line]);
  }
}
const { error: errorOf } = Course;
delete Course.error;
freeze(Course.prototype);

export async function runJob(body) {
  const course = freeze(new Course());
  ops.job_began();
  let text;
  try {
    await body(course);
    return;
  } catch (error) {
    text = error === course ? errorOf(course) : ops.job_threw(thrownText(error));
  }
  text = withoutError(text);
  ops.log("ERROR", text);
  ops.job_failed(text);
}

export function resultsText() {
  const { results: value } = global;
  if (typeof value !== "object" || value === null) throw new TypeErrorCtor("results is not an object");
  return stringify(value) ?? "{}";
}
