// Puts the prelude together: the globals of a script, and the functions that Rust calls.
import { setModern } from "internal:core/api";
import { ops } from "internal:core/ops";
import "internal:node/locale";
import "internal:node/promise_any";
import "internal:node/radix";
import { Buffer } from "internal:node/buffer";
import { structuredClone } from "internal:node/clone";
import { logger } from "internal:node/console";
import { TextDecoder, TextEncoder, atob, btoa } from "internal:node/encoding";
import { notePlace, withoutError } from "internal:core/errors";
import { setKnown } from "internal:core/named_messages";
import { files } from "internal:node/files";
import { format } from "internal:node/format";
import { dispatch as deliver } from "internal:core/handles";
import { getElementText, sanitize, scroll, scrollByPx, sleep } from "internal:node/job_helpers";
import { inspect } from "internal:core/inspect";
import { parse, stringify } from "internal:node/json";
import {
  BigIntCtor, PromiseCtor, StringCtor, TypeErrorCtor, apply, defineProperty, freeze, getOwnPropertyDescriptor, keys,
  uncurryThis,
} from "internal:core/primordials";
import {
  clearImmediate, clearInterval, clearTimeout, fire as runTimer, queueMicrotask, setImmediate, setInterval, setTimeout,
} from "internal:node/timers";
import { installRegExpStatics } from "internal:node/reg_exp_statics";
import { keepBuffersAsFiles } from "internal:core/result_files";
import { keepCollections, keepReturned, warnOfLost } from "internal:core/results";
import { listenToConsole, puppeteer } from "internal:puppeteer/puppeteer";
import { URL, URLSearchParams } from "internal:node/url";
import { builtin, moduleValues } from "internal:core/modules";
import { failed, lost, plainText, setVars, tellsPlaces } from "internal:core/end";

export { bufferFrom } from "internal:node/buffer";
export { makeError, noteWait, plainStacks, rawStack } from "internal:core/errors";
export { wrap } from "internal:core/handles";
export { builtin, commonJs } from "internal:core/modules";
export { describe, ending, errorText, exited, fatal } from "internal:core/end";

export const bigInt = (digits) => BigIntCtor(digits);
export const wellFormed = uncurryThis(StringCtor.prototype.toWellFormed);

const guarded = (run) => (...args) => {
  try {
    apply(run, undefined, args);
  } catch (error) {
    lost(error);
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
  URLSearchParams, TextEncoder, TextDecoder, atob, btoa, structuredClone, Buffer, puppeteer, files,
};

function define(object, name, value, enumerable = false) {
  defineProperty(object, name, { value, writable: true, configurable: true, enumerable });
}

function defineAll(values, enumerable) {
  const names = keys(values);
  for (let i = 0; i < names.length; i++) define(global, names[i], values[names[i]], enumerable);
}

// A global whose module is read when somebody asks for it.
function defineLate(name, url) {
  const { get, set } = {
    get() {
      const value = ops.module_namespace(url)[name];
      define(global, name, value);
      return value;
    },
    set(value) { define(global, name, value); },
  };
  defineProperty(global, name, { get, set, configurable: true, enumerable: false });
}

// Names of objects whose members an author may have meant: the globals, and what scripts call Puppeteer's objects.
const { prototype: page } = puppeteer.Page;
const known = {
  __proto__: null,
  page, "page.keyboard": puppeteer.Keyboard.prototype, "page.mouse": puppeteer.Mouse.prototype,
  "page.touchscreen": puppeteer.Touchscreen.prototype, "page.tracing": puppeteer.Tracing.prototype,
  "page.coverage": puppeteer.Coverage.prototype, browser: puppeteer.Browser.prototype,
  context: puppeteer.BrowserContext.prototype, frame: puppeteer.Frame.prototype, dialog: puppeteer.Dialog.prototype,
  request: puppeteer.HTTPRequest.prototype, response: puppeteer.HTTPResponse.prototype, logger, console: logger, files,
  puppeteer,
};
setKnown((name) => name === "results" ? getOwnPropertyDescriptor(global, name)?.value : known[name]);

// `late` are names and modules of globals by turns, `named` those that only code that names them has: to libraries they say that this
// is Node.
export function start(vars, page, regExpStatics, modern, late, named) {
  setModern(modern);
  setVars(vars);
  if (regExpStatics) installRegExpStatics();
  if (page !== undefined) listenToConsole(page, logger);
  defineAll({ page, vars }, true);
  defineAll(globals, true);
  defineAll(additions, false);
  for (const name of ["gc", "navigator", "performance", "print", "scriptArgs", "std", "os", "bjson"]) delete global[name];
  for (let i = 0; i < late.length; i += 2) defineLate(late[i], late[i + 1]);
  for (let i = 0; i < named.length; i += 2) define(global, named[i], ops.module_namespace(named[i + 1])[named[i]]);
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
    // One line with its places is better; the predecessor has two without.
    if (tellsPlaces()) throw thrown;
    notePlace(thrown);
    this.#error = ops.job_threw(plainText(thrown));
    const { error } = log;
    if (error === errorLine) ops.log("ERROR", this.#error);
    else apply(error, log, [this.#error]);
    return this;
  }
  ended(local, log, text) {
    if (local !== global.results) ops.job_shadowed();
    if (ops.job_is_whole()) return;
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

// `make` answers the code's function for the names that only a module knows.
export async function runJob(make, names, common) {
  const course = freeze(new Course());
  let text;
  try {
    const { values, self } = moduleValues(names, common);
    const body = apply(make, undefined, values);
    ops.job_began();
    keepReturned(global.results, await apply(body, self, [course]));
    return;
  } catch (error) {
    if (tellsPlaces()) return failed(error);
    if (error !== course) notePlace(error);
    text = error === course ? errorOf(course) : ops.job_threw(plainText(error));
  }
  text = withoutError(text);
  ops.log("ERROR", text);
  ops.job_failed(text);
}

export function resultsText() {
  const { results: value } = global;
  if (typeof value !== "object" || value === null) throw new TypeErrorCtor("results is not an object");
  keepCollections(value);
  keepBuffersAsFiles(value);
  warnOfLost(value);
  return stringify(value) ?? "{}";
}
