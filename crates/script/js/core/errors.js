// Error classes, stack traces and the texts of thrown values.
import { ops } from "internal:core/ops";
import {
  ErrorCtor, MapCtor, RangeErrorCtor, StringCtor, SyntaxErrorCtor, TypeErrorCtor, apply, defineProperty,
  getOwnPropertyDescriptor, getPrototypeOf, setPrototypeOf, uncurryThis,
} from "internal:core/primordials";
import {
  ProtocolError, TargetCloseError, TimeoutError, TouchError, UnsupportedOperation,
} from "internal:core/puppeteer_errors";
import { messageAt } from "internal:core/named_messages";
import { messageOf } from "internal:core/v8_messages";

const { defineProperty: define } = Reflect;
const { toString: errorToString } = ErrorCtor.prototype;
const mapGet = uncurryThis(MapCtor.prototype.get);
const mapSet = uncurryThis(MapCtor.prototype.set);
const startsWith = uncurryThis(StringCtor.prototype.startsWith);
const slice = uncurryThis(StringCtor.prototype.slice);
const toWellFormed = uncurryThis(StringCtor.prototype.toWellFormed);
const indexOf = uncurryThis(StringCtor.prototype.indexOf);
const lastIndexOf = uncurryThis(StringCtor.prototype.lastIndexOf);

const classes = new MapCtor([
  ["Error", ErrorCtor], ["TypeError", TypeErrorCtor], ["RangeError", RangeErrorCtor],
  ["SyntaxError", SyntaxErrorCtor], ["TimeoutError", TimeoutError],
  ["ProtocolError", ProtocolError], ["TargetCloseError", TargetCloseError], ["TouchError", TouchError],
  ["UnsupportedOperation", UnsupportedOperation],
]);

// Lets ops throw errors of this class by its name.
export function defineError(name, Class) {
  mapSet(classes, name, Class);
}

const made = new WeakSet();
const remember = uncurryThis(WeakSet.prototype.add);
const remembers = uncurryThis(WeakSet.prototype.has);

// Whether an error is one of a call of the page, and not the script's own.
export function isMade(error) {
  return remembers(made, error);
}

// Makes an error with the author's lines of a stack from rawStack; without one it has the stack of now.
// `more` may have a cause, Chromium's own message, and, of an error of the page, its name and the lines of its stack.
export function makeError(name, message, raw, more) {
  const Class = mapGet(classes, name) ?? ErrorCtor;
  const error = new Class(message);
  remember(made, error);
  if (more !== undefined) tellMore(error, more, raw);
  const lines = pageLines(more?.pageStack) + authorLines(raw);
  if (lines !== "") {
    defineProperty(error, "stack", {
      value: `${header(error)}${lines}`, writable: true, configurable: true, enumerable: false,
    });
  }
  return error;
}

function tellMore(error, { name, cause, originalMessage }, raw) {
  if (name) defineProperty(error, "name", { value: name, writable: true, configurable: true, enumerable: false });
  if (originalMessage !== undefined) error.originalMessage = originalMessage;
  if (cause === undefined) return;
  const value = makeError(cause.class, cause.message, raw, cause.more);
  defineProperty(error, "cause", { value, writable: true, configurable: true, enumerable: false });
}

// An error that the page has thrown and that nobody asked for: its stack is the page's alone.
export function pageError({ name, message, pageStack }) {
  const error = new ErrorCtor(message);
  if (name) defineProperty(error, "name", { value: name, writable: true, configurable: true, enumerable: false });
  error.stack = header(error) + pageLines(pageStack);
  return error;
}

function pageLines(stack) {
  let text = "";
  for (let i = 0; stack !== undefined && i < stack.length; i++) text += `\n${stack[i]}`;
  return text;
}

function header(error) {
  try {
    return apply(errorToString, error, []);
  } catch {
    return "Error";
  }
}

export const CODE = "file:///puppet-master/code";
const AUTHORS = "file:///puppet-master/";
const AT_AUTHORS = ` (${AUTHORS}`;

// Stack traces show the author's lines alone: not the prelude's, and the code's own line numbers (the wrapper puts one
// line in front of it). A script's Error.prepareStackTrace gets call sites that hold no functions.
let userPrepare;

class CallSite {
  #name; #file; #line; #column;
  constructor(name, file, line, column) {
    this.#name = name;
    this.#file = file;
    this.#line = line;
    this.#column = column;
  }
  getFunctionName() { return this.#name; }
  getFileName() { return this.#file; }
  getLineNumber() { return this.#line; }
  getColumnNumber() { return this.#column; }
  getFunction() { return undefined; }
  getThis() { return undefined; }
  getTypeName() { return null; }
  getMethodName() { return null; }
  getEvalOrigin() { return undefined; }
  isNative() { return false; }
  isToplevel() { return false; }
  isEval() { return false; }
  isConstructor() { return false; }
  isAsync() { return false; }
  toString() { return place(this.#name, this.#file, this.#line, this.#column); }
}

function place(name, file, line, column) {
  const where = `${file}:${line}:${column}`;
  return name ? `${name} (${where})` : where;
}

// Files that are functions with a line in front of theirs.
const wrapped = new MapCtor([[CODE, true]]);
export function noteWrapped(url) { mapSet(wrapped, url, true); }

// Files whose lines are not the author's any more: TypeScript that was written out.
const rewritten = new MapCtor();

// The line as its author counts it, and then, in `authorsColumn`, the column.
let authorsColumn;
function authorsLine(file, line, column) {
  authorsColumn = column;
  if (mapGet(wrapped, file) === true) line--;
  let known = mapGet(rewritten, file);
  if (known === undefined) mapSet(rewritten, file, known = ops.module_is_rewritten(file));
  if (!known || line < 1) return line;
  const place = ops.module_place(file, line, column);
  authorsColumn = place[1];
  return place[0];
}

// What the engine calls functions without a name is not theirs.
function shownName(name) {
  return name === "<anonymous>" || name === "default" || name === "<eval>" ? "" : name;
}

let getFunction, getFunctionName, getFileName, getLineNumber, getColumnNumber;

function sites(error, frames) {
  const found = [];
  let count = 0;
  for (let i = 0; i < frames.length; i++) {
    const frame = frames[i];
    // V8 leaves the error's own constructor out.
    if (count === 0 && getFunction(frame) === error.constructor) continue;
    const file = getFileName(frame);
    if (typeof file !== "string" || !startsWith(file, AUTHORS)) continue;
    const line = authorsLine(file, getLineNumber(frame), getColumnNumber(frame));
    if (line < 1) continue;
    const name = shownName(getFunctionName(frame));
    defineProperty(found, count++, {
      value: new CallSite(name || null, file, line, authorsColumn), writable: true, configurable: true,
      enumerable: true,
    });
  }
  return found;
}

const InternalErrorPrototype = InternalError.prototype;
const rewordable = [
  TypeErrorCtor.prototype, ReferenceError.prototype, RangeErrorCtor.prototype, SyntaxErrorCtor.prototype, URIError.prototype,
];

function prepare(error, frames) {
  // An error that is thrown once more keeps the places where it came from.
  if (!capturing && hasStack(error)) return "";
  let prototype = getPrototypeOf(error);
  // V8 has no class for what the engine could not do.
  if (prototype === InternalErrorPrototype && getOwnPropertyDescriptor(error, "message")?.value === "string too long") {
    prototype = RangeErrorCtor.prototype;
    setPrototypeOf(error, prototype);
  }
  for (let i = 0; i < rewordable.length; i++) if (prototype === rewordable[i]) reword(error, frames.length > 0 ? frames[0] : undefined);
  const found = sites(error, frames);
  if (ops.kind_of(error) !== "Error" || capturing) {
    return typeof userPrepare === "function" ? userPrepare(error, found) : header(error) + lines(found);
  }
  // As in V8 the stack is the error's own property, which is not enumerable: Object.getOwnPropertyNames(error) has it.
  // The engine stores none for an error that has such a property, so the value is kept beside it.
  keepStack(error, new Stack(lines(found)));
  define(error, "stack", ownStackOf);
  if (typeof userPrepare === "function") keepStack(error, userPrepare(error, found));
  // Without any answer the engine would ask again in every frame that the error leaves.
  return "";
}

const ownStackOf = { __proto__: null, get: undefined, set: undefined, configurable: true, enumerable: false };

// Whether that is the function behind an error's own stack.
export function isStackGetter(get) {
  return get === ownStackOf.get;
}

// Error.captureStackTrace puts a text on the object, whatever the object is.
let capturing = false;
{
  const { captureStackTrace: capture } = ErrorCtor;
  const { captureStackTrace } = {
    captureStackTrace(object, below) {
      capturing = true;
      try {
        apply(capture, ErrorCtor, [object, below]);
      } finally {
        capturing = false;
      }
    },
  };
  defineProperty(ErrorCtor, "captureStackTrace", { value: captureStackTrace, writable: true, configurable: true, enumerable: false });
}

// What the engine keeps for an error. As in V8 the first line is made when somebody asks for the stack: a class that
// names itself in its constructor has its name by then.
class Stack {
  #lines; #text;
  constructor(places) { this.#lines = places; }
  static text(stack, error) {
    if (typeof stack !== "object" || stack === null || !(#lines in stack)) return stack;
    stack.#text ??= header(error) + stack.#lines;
    return stack.#text;
  }
}
const { text: stackText } = Stack;

// Gives an object that is there already a private field: a constructor may return any object.
function given(object) { return object; }
class Kept extends given {
  #stack;
  static keep(error, stack) {
    if (!(#stack in error)) new Kept(error);
    error.#stack = stack;
  }
  static has(error) { return #stack in error; }
  static of(error) {
    return typeof error === "object" && error !== null && #stack in error ? error.#stack : stackOf(error);
  }
}
const { has: hasStack, keep: keepStack, of: keptStack } = Kept;

// The name of the built-in function that threw; undefined when code did.
function builtInOf(frame) {
  return frame === undefined || typeof getFileName(frame) === "string" ? undefined : getFunctionName(frame) ?? "";
}

function reword(error, frame) {
  const message = getOwnPropertyDescriptor(error, "message");
  if (message === undefined || typeof message.value !== "string") return;
  const builtIn = builtInOf(frame);
  const value = builtIn === undefined && frame !== undefined
    ? messageAt(message.value, (read, more) => ofAuthor(frame, read, more))
    : messageOf(message.value, builtIn);
  if (value !== message.value) defineProperty(error, "message", { value, writable: true, configurable: true, enumerable: false });
}

// What an op reads in the author's text at a frame; null in any other text.
function ofAuthor(frame, read, more) {
  const file = getFileName(frame);
  if (typeof file !== "string" || !startsWith(file, AUTHORS)) return null;
  const line = authorsLine(file, getLineNumber(frame), getColumnNumber(frame));
  return line < 1 ? null : read(file, line, authorsColumn, more);
}

const siteText = uncurryThis(CallSite.prototype.toString);

function lines(found) {
  let text = "";
  for (let i = 0; i < found.length; i++) text += `\n    at ${siteText(found[i])}`;
  return text;
}

const { set: setPrepare } = getOwnPropertyDescriptor(ErrorCtor, "prepareStackTrace");

{
  ErrorCtor.prepareStackTrace = (error, frames) => {
    const proto = getPrototypeOf(frames[0]);
    getFunction = uncurryThis(proto.getFunction);
    getFunctionName = uncurryThis(proto.getFunctionName);
    getFileName = uncurryThis(proto.getFileName);
    getLineNumber = uncurryThis(proto.getLineNumber);
    getColumnNumber = uncurryThis(proto.getColumnNumber);
    delete proto.getFunction;
    return "";
  };
  void new ErrorCtor("call sites").stack;
  ErrorCtor.prepareStackTrace = prepare;
  defineProperty(ErrorCtor, "prepareStackTrace", {
    get() { return userPrepare; },
    set(value) { userPrepare = value; },
    configurable: false, enumerable: false,
  });
}

// What is not a number means no stack, as in V8. The engine never frees a value that was its limit, so it gets numbers alone.
{
  const native = getOwnPropertyDescriptor(ErrorCtor, "stackTraceLimit");
  let limit = ErrorCtor.stackTraceLimit;
  defineProperty(ErrorCtor, "stackTraceLimit", {
    get() { return limit; },
    set(value) {
      limit = value;
      apply(native.set, ErrorCtor, [typeof value === "number" ? value : 0]);
    },
    configurable: false, enumerable: false,
  });
}

// As in V8 any value may be assigned to `stack`; it becomes the error's own property.
let stackOf;
{
  stackOf = uncurryThis(getOwnPropertyDescriptor(ErrorCtor.prototype, "stack").get);
  const { get, set } = getOwnPropertyDescriptor({
    get stack() { return stackText(keptStack(this), this); },
    set stack(value) { defineProperty(this, "stack", { value, writable: true, configurable: true, enumerable: false }); },
  }, "stack");
  ownStackOf.get = get;
  ownStackOf.set = set;
  defineProperty(ErrorCtor.prototype, "stack", { get, set, configurable: true, enumerable: false });
}

// The engine's own text of the current stack, for what may never be shown: call sites would cost each call of the page
// more than all the rest of it.
export function rawStack() {
  apply(setPrepare, ErrorCtor, [undefined]);
  try {
    return stackOf(new ErrorCtor(""));
  } finally {
    apply(setPrepare, ErrorCtor, [prepare]);
  }
}

// Stack traces are the engine's own text from now on: nothing of the prelude or of a script runs when an error is made.
export function plainStacks() {
  apply(setPrepare, ErrorCtor, [undefined]);
}

// The author's lines of such a text, each behind a line break.
function authorLines(raw) {
  let lines = "";
  for (let start = 0, end; start < raw.length; start = end + 1) {
    end = indexOf(raw, "\n", start);
    if (end < 0) end = raw.length;
    lines += authorLine(slice(raw, start, end));
  }
  return lines;
}

// `    at NAME (FILE:LINE:COLUMN)`, or nothing when the line is not an author's.
function authorLine(text) {
  const open = indexOf(text, AT_AUTHORS);
  if (open < 7) return "";
  const where = slice(text, open + 2, -1);
  const column = lastIndexOf(where, ":");
  const number = lastIndexOf(where, ":", column - 1);
  const file = slice(where, 0, number);
  const line = authorsLine(file, +slice(where, number + 1, column), +slice(where, column + 1));
  return line < 1 ? "" : `\n    at ${place(shownName(slice(text, 7, open)), file, line, authorsColumn)}`;
}

// The author's lines of the current stack, one per line.
export function callSite() {
  return slice(authorLines(rawStack()), 1);
}

// The text that the log gets of what the code threw.
export function thrownText(thrown) {
  if (thrown === null || thrown === undefined) return `${thrown}`;
  let text;
  try {
    text = StringCtor(thrown.toString());
  } catch {
    text = "";
  }
  return toWellFormed(text === "" ? "Error" : text);
}

// Tells where in the author's text something was thrown: the first of its lines there. Only errors know.
export function notePlace(thrown) {
  try {
    if (!(thrown instanceof ErrorCtor)) return;
    const text = describe(thrown);
    const from = indexOf(text, "\n    at ");
    if (from >= 0) tellPlace(slice(text, from + 1), () => text);
  } catch {
    // A getter or Proxy of the script's: the place is not known.
  }
}

// `    at NAME (FILE:LINE:COLUMN)` or `    at FILE:LINE:COLUMN`: the first such line in an author's file.
function tellPlace(lines, textOf) {
  const from = indexOf(lines, AUTHORS);
  if (from < 0) return;
  let end = indexOf(lines, "\n", from);
  if (end < 0) end = lines.length;
  if (lines[end - 1] === ")") end--;
  const where = slice(lines, from, end);
  const column = lastIndexOf(where, ":");
  const line = lastIndexOf(where, ":", column - 1);
  const row = +slice(where, line + 1, column);
  const place = +slice(where, column + 1);
  const file = slice(where, 0, line);
  if (row > 0 && place > 0) ops.job_error_at(file, row, place, textOf(file, row, place));
}

// The job is ended from outside while a call of this stack is under way.
export function noteWait(raw) {
  const lines = authorLines(raw);
  if (lines !== "") tellPlace(lines, (file, line, column) => {
    const called = ops.module_called(file, line, column);
    return `the job waited ${called === null ? "here" : `for ${called}`}${lines}`;
  });
}

export function withoutError(text) {
  return startsWith(text, "Error: ") ? slice(text, 7) : text;
}

// For a log line: an error with its stack.
export function describe(reason) {
  try {
    const stack = reason instanceof ErrorCtor ? reason.stack : undefined;
    if (typeof stack === "string" && stack !== "") return toWellFormed(stack);
  } catch {
    // A getter or Proxy of the script's: its text is enough.
  }
  return thrownText(reason);
}
