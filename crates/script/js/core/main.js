// Puts the prelude together: the globals of a script, and the functions that Rust calls.
import { setModern } from "internal:core/api";
import { ops } from "internal:core/ops";
import "internal:node/locale";
import "internal:node/promise_any";
import "internal:node/radix";
import { logger } from "internal:node/console";
import { notePlace, withoutError } from "internal:core/errors";
import { setKnown } from "internal:core/named_messages";
import { format } from "internal:node/format";
import { dispatch as deliver, prototypeOf } from "internal:core/handles";
import { getElementText, sanitize, scroll, scrollByPx, sleep } from "internal:node/job_helpers";
import { late as lateModule } from "internal:core/late";
import { parse, stringify } from "internal:node/json";
import {
  BigIntCtor, PromiseCtor, StringCtor, TypeErrorCtor, apply, defineProperty, freeze, getOwnPropertyDescriptor, keys,
  uncurryThis,
} from "internal:core/primordials";
import {
  clearImmediate, clearInterval, clearTimeout, fire as runTimer, queueMicrotask, setImmediate, setInterval, setTimeout,
} from "internal:node/timers";
import { keepReturned, keepValues, warnOfLost } from "internal:core/results";
import { failed, lost, plainText, setVars, tellsPlaces } from "internal:core/end";

export { makeError, noteWait, plainStacks, rawStack } from "internal:core/errors";
export { wrap } from "internal:core/handles";
export { describe, ending, errorText, exited, fatal } from "internal:core/end";

// Reads a module of the prelude.
export const read = (url) => { lateModule(slice(url, 9)); };
export const bigInt = (digits) => BigIntCtor(digits);
export const bufferFrom = (bytes) => lateModule("node/buffer").bufferFrom(bytes);
export const builtin = (url) => lateModule("core/modules").builtin(url);
export const commonJs = (url) => lateModule("core/modules").commonJs(url);
const slice = uncurryThis(StringCtor.prototype.slice);
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
  util: undefined, setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate,
  queueMicrotask,
  // `start` gives them: values to code that names them, and modules to be read late to all other.
  URL: undefined, URLSearchParams: undefined, TextEncoder: undefined, TextDecoder: undefined, atob: undefined, btoa: undefined,
  structuredClone: undefined,
  Buffer: undefined, puppeteer: undefined, files: undefined,
};

function define(object, name, value, enumerable = false) {
  defineProperty(object, name, { value, writable: true, configurable: true, enumerable });
}

function defineAll(values, enumerable) {
  const names = keys(values);
  for (let i = 0; i < names.length; i++) define(global, names[i], values[names[i]], enumerable);
}

// A global whose module is read when somebody asks for it.
function defineLate(name, read, enumerable = false) {
  const { get, set } = {
    get() {
      const value = read(name);
      define(global, name, value, enumerable);
      return value;
    },
    set(value) { define(global, name, value, enumerable); },
  };
  defineProperty(global, name, { get, set, configurable: true, enumerable });
}

// The job's page, to whose console the log listens from the beginning.
function withConsole(page) {
  lateModule("puppeteer/page").listenToConsole(page, logger);
  return page;
}

// Names of objects whose members an author may have meant: the globals, and what scripts call Puppeteer's objects.
const known = { __proto__: null, logger, console: logger };
const knownLate = { __proto__: null, files: "node/files", puppeteer: "puppeteer/puppeteer" };
const knownClasses = {
  __proto__: null,
  page: "Page", "page.keyboard": "Keyboard", "page.mouse": "Mouse", "page.touchscreen": "Touchscreen", "page.tracing": "Tracing",
  "page.coverage": "Coverage", browser: "Browser", context: "BrowserContext", frame: "Frame", dialog: "Dialog",
  request: "Request", response: "Response",
};
setKnown((name) => {
  if (name === "results") return getOwnPropertyDescriptor(global, name)?.value;
  if (knownLate[name] !== undefined) return lateModule(knownLate[name])[name];
  const className = knownClasses[name];
  return className === undefined ? known[name] : prototypeOf(className);
});

// `late` are names and modules of globals by turns, `named` those that are there from the beginning because the code names them.
// The page of code that does not name it is made when something asks for it.
export function start(vars, page, regExpStatics, modern, late, named, hasLatePage) {
  setModern(modern);
  setVars(vars);
  if (regExpStatics) lateModule("node/reg_exp_statics").installRegExpStatics();
  defineAll({ page: page === undefined ? undefined : withConsole(page), vars }, true);
  if (hasLatePage) defineLate("page", () => withConsole(ops.job_page()), true);
  defineAll(globals, true);
  defineAll(additions, false);
  for (const name of ["gc", "navigator", "performance", "print", "scriptArgs", "std", "os", "bjson"]) delete global[name];
  for (let i = 0; i < late.length; i += 2) defineLate(late[i], (name) => ops.module_namespace(late[i + 1])[name]);
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

const noValues = { values: [], self: undefined };

// `make` answers the code's function for the names that only a module knows.
export async function runJob(make, names, common) {
  const course = freeze(new Course());
  let text;
  try {
    const { values, self } = names.length > 0 || common ? lateModule("core/modules").moduleValues(names, common) : noValues;
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
  keepValues(value);
  warnOfLost(value);
  return stringify(value) ?? "{}";
}
