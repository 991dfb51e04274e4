// Node's assert.
import { deepEqual as sameInDepth } from "internal:node/deep_equal";
import { inspect } from "internal:core/inspect";
import { invalidArgument } from "internal:node/node_error";
import { ErrorCtor, RegExpCtor, apply, is, keys, uncurryThis } from "internal:core/primordials";

const test = uncurryThis(RegExpCtor.prototype.test);

export class AssertionError extends ErrorCtor {
  constructor({ message, actual, expected, operator, generatedMessage = false }) {
    super(message);
    this.name = "AssertionError";
    this.code = "ERR_ASSERTION";
    this.generatedMessage = generatedMessage;
    this.actual = actual;
    this.expected = expected;
    this.operator = operator;
  }
  toString() { return `${this.name} [${this.code}]: ${this.message}`; }
}

function fail(message, text, actual, expected, operator) {
  if (message instanceof ErrorCtor) throw message;
  throw new AssertionError({ message: message ?? text, actual, expected, operator, generatedMessage: message === undefined });
}

function compare(text, operator, holds, words = both) {
  return (actual, expected, message) => {
    if (!holds(actual, expected)) fail(message, words(text, actual, expected), actual, expected, operator);
  };
}

const isPlain = (value) => (typeof value !== "object" && typeof value !== "function") || value === null;
function both(text, actual, expected) { return `${text}:\n\n${inspect(actual)}\n\n${inspect(expected)}\n`; }
function strictly(text, actual, expected) {
  const [seen, wanted] = [inspect(actual), inspect(expected)];
  if (isPlain(actual) && isPlain(expected) && seen.length + wanted.length < 70) return `${text}:\n\n${seen} !== ${wanted}\n`;
  return both(text, actual, expected);
}
function loosely(text, actual, expected) { return `${inspect(actual)} ${text} ${inspect(expected)}`; }
function one(text, actual) {
  return isPlain(actual) ? `${text}: ${inspect(actual)}` : `${text}:\n\n${inspect(actual)}\n`;
}
function ofText(text, actual, expected) { return `${text} ${expected}. Input:\n\n${inspect(actual)}\n`; }

function ok(value, message) {
  if (!value) fail(message, arguments.length === 0 ? "No value argument passed to `assert.ok()`" : "The expression evaluated to a falsy value", value, true, "==");
}

function assert(value, message) { ok(value, message); }

function matches(error, expected, message) {
  if (expected === undefined || typeof expected === "string") return;
  if (expected instanceof RegExpCtor) {
    if (!test(expected, `${error}`)) fail(message, `The input did not match the regular expression ${expected}. Input:\n\n${inspect(`${error}`)}\n`, error, expected, "throws");
  } else if (typeof expected === "function") {
    if (expected.prototype !== undefined && error instanceof expected) return;
    if (ErrorCtor.isPrototypeOf(expected)) {
      fail(message, `The error is expected to be an instance of "${expected.name}". Received "${error?.constructor?.name}"\n\nError message:\n\n${error?.message}`, error, expected, "throws");
    }
    if (apply(expected, {}, [error]) !== true) fail(message, "The validation function is expected to return \"true\"", error, expected, "throws");
  } else {
    const names = keys(expected);
    for (let i = 0; i < names.length; i++) {
      const [actual, wanted] = [error[names[i]], expected[names[i]]];
      const same = wanted instanceof RegExpCtor && typeof actual === "string" ? test(wanted, actual) : sameInDepth(actual, wanted, true);
      if (!same) fail(message, `Expected values to be strictly deep-equal:\n\n${inspect(actual)}\n\n${inspect(wanted)}\n`, error, expected, "throws");
    }
  }
}

function missing(what, expected, message) {
  fail(typeof expected === "string" ? expected : message, `Missing expected ${what}.`, undefined, expected, "throws");
}

const members = {
  AssertionError, ok,
  fail(message = "Failed") { fail(message, "Failed", undefined, undefined, "fail"); },
  equal: compare("==", "==", (a, b) => a == b || (a !== a && b !== b), loosely),
  notEqual: compare("!=", "!=", (a, b) => !(a == b || (a !== a && b !== b)), loosely),
  strictEqual: compare("Expected values to be strictly equal", "strictEqual", is, strictly),
  notStrictEqual: compare("Expected \"actual\" to be strictly unequal to", "notStrictEqual", (a, b) => !is(a, b), one),
  deepEqual: compare("Expected values to be loosely deep-equal", "deepEqual", (a, b) => sameInDepth(a, b, false)),
  notDeepEqual: compare("Expected \"actual\" not to be loosely deep-equal to", "notDeepEqual", (a, b) => !sameInDepth(a, b, false)),
  deepStrictEqual: compare("Expected values to be strictly deep-equal", "deepStrictEqual", (a, b) => sameInDepth(a, b, true)),
  notDeepStrictEqual: compare("Expected \"actual\" not to be strictly deep-equal to", "notDeepStrictEqual", (a, b) => !sameInDepth(a, b, true)),
  match: compare("The input did not match the regular expression", "match", (text, regExp) => test(regExp, text), ofText),
  doesNotMatch: compare("The input was expected to not match the regular expression", "doesNotMatch", (text, regExp) => !test(regExp, text), ofText),
  ifError(value) { if (value !== null && value !== undefined) fail(undefined, `ifError got unwanted exception: ${value?.message ?? inspect(value)}`, value, null, "ifError"); },
  throws(run, expected, message) {
    if (typeof run !== "function") throw invalidArgument('"fn" argument', "of type function", run);
    try {
      run();
    } catch (error) {
      return matches(error, expected, message);
    }
    missing("exception", expected, message);
  },
  doesNotThrow(run, message) {
    try {
      run();
    } catch (error) {
      fail(typeof message === "string" ? message : undefined, `Got unwanted exception.\nActual message: "${error?.message}"`, error, undefined, "doesNotThrow");
    }
  },
  async rejects(run, expected, message) {
    try {
      await (typeof run === "function" ? run() : run);
    } catch (error) {
      return matches(error, expected, message);
    }
    missing("rejection", expected, message);
  },
  async doesNotReject(run, message) {
    try {
      await (typeof run === "function" ? run() : run);
    } catch (error) {
      fail(typeof message === "string" ? message : undefined, `Got unwanted rejection.\nActual message: "${error?.message}"`, error, undefined, "doesNotReject");
    }
  },
};
const names = keys(members);
for (let i = 0; i < names.length; i++) assert[names[i]] = members[names[i]];
const strict = (value, message) => ok(value, message);
for (let i = 0; i < names.length; i++) strict[names[i]] = members[names[i]];
strict.equal = members.strictEqual;
strict.notEqual = members.notStrictEqual;
strict.deepEqual = members.deepStrictEqual;
strict.notDeepEqual = members.notDeepStrictEqual;
strict.strict = strict;
assert.strict = strict;

export default assert;
