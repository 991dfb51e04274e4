// JSON with errors that say where, as V8's do.
import { modern } from "internal:core/api";
import { append as push } from "internal:core/arrays";
import {
  ArrayCtor, StringCtor, SyntaxErrorCtor, TypeErrorCtor, getOwnPropertyDescriptor, getPrototypeOf, isArray,
  jsonParse, jsonStringify, keys, uncurryThis,
} from "internal:core/primordials";

const pop = uncurryThis(ArrayCtor.prototype.pop);
const indexOf = uncurryThis(ArrayCtor.prototype.indexOf);
const startsWith = uncurryThis(StringCtor.prototype.startsWith);
const includes = uncurryThis(StringCtor.prototype.includes);
const slice = uncurryThis(StringCtor.prototype.slice);

export function parse(text, reviver) {
  const string = `${text}`;
  try {
    return jsonParse(string, reviver);
  } catch (error) {
    const at = getPrototypeOf(error) === SyntaxErrorCtor.prototype ? offence(string) : -1;
    if (at < 0) throw error;
    throw new SyntaxErrorCtor(complaint(string, at));
  }
}

const AFTER = "Unexpected non-whitespace character after JSON";
// How many characters on each side of an offence today's V8 shows.
const CONTEXT = 10;
const SPECIAL = { __proto__: null, NaN: true, Infinity: true, undefined: true, "[object Object]": true };

// The words of today's V8: what was expected there, or the text around what was not.
function modernComplaint(text, at) {
  if (why === AFTER) return `${why} at ${placeOf(text, at)}`;
  if (why !== undefined) return `${why} in JSON at ${placeOf(text, at)}`;
  if (at >= text.length) return "Unexpected end of JSON input";
  if (SPECIAL[text]) return `"${text}" is not valid JSON`;
  let from = 0;
  let to = text.length;
  if (text.length > 2 * CONTEXT) {
    if (at >= CONTEXT) from = at - CONTEXT;
    if (at < text.length - CONTEXT) to = at + CONTEXT;
  }
  return `Unexpected token '${text[at]}', ${from > 0 ? "..." : ""}"${slice(text, from, to)}"${to < text.length ? "..." : ""} is not valid JSON`;
}

function placeOf(text, at) {
  let line = 1;
  let start = 0;
  for (let i = 0; i < at; i++) {
    if (text[i] === "\n" || (text[i] === "\r" && text[i + 1] !== "\n")) {
      line++;
      start = i + 1;
    }
  }
  return `position ${at} (line ${line} column ${at - start + 1})`;
}

function complaint(text, at) {
  if (modern) return modernComplaint(text, at);
  if (at >= text.length) return "Unexpected end of JSON input";
  const c = text[at];
  const token = c === '"' ? "string" : isDigit(c) || c === "-" ? "number" : `token ${c}`;
  return `Unexpected ${token} in JSON at position ${at}`;
}

const isDigit = (c) => c >= "0" && c <= "9";
const isHex = (c) => isDigit(c) || (c >= "a" && c <= "f") || (c >= "A" && c <= "F");
const isSpace = (c) => c === " " || c === "\n" || c === "\r" || c === "\t";

// What was expected where the text stops being JSON, when there is a word for it.
let why;

function expected(what) {
  why = what;
  return true;
}

// Where the text stops being JSON; -1 when it is.
function offence(text) {
  why = undefined;
  const open = [];
  let at = 0;
  // What may stand at `at`.
  let next = "value";
  for (;;) {
    while (at < text.length && isSpace(text[at])) at++;
    const c = text[at];
    if (next === "end" && open.length === 0) return at < text.length && expected(AFTER) ? at : -1;
    if (next === "end") {
      if (c === ",") next = open[open.length - 1] === "}" ? "key" : "value";
      else {
        const close = pop(open);
        if (c !== close) {
          expected(close === "}" ? "Expected ',' or '}' after property value" : "Expected ',' or ']' after array element");
          return at;
        }
      }
      at++;
    } else if (next === "colon") {
      if (c !== ":" && expected("Expected ':' after property name")) return at;
      at++;
      next = "value";
    } else if ((c === "}" && next === "key or }") || (c === "]" && next === "value or ]")) {
      pop(open);
      at++;
      next = "end";
    } else if (startsWith(next, "key")) {
      if (c !== '"' && expected(next === "key" ? "Expected double-quoted property name" : "Expected property name or '}'")) return at;
      at = string(text, at + 1);
      if (at < 0) return ~at;
      next = "colon";
    } else if (c === "{" || c === "[") {
      push(open, c === "{" ? "}" : "]");
      at++;
      next = c === "{" ? "key or }" : "value or ]";
    } else {
      at = scalar(text, at);
      if (at < 0) return ~at;
      next = "end";
    }
  }
}

// These answer what is behind the value, or the complement of the offence.
function scalar(text, at) {
  const c = text[at];
  if (c === '"') return string(text, at + 1);
  if (c === "t") return word(text, at, "true");
  if (c === "f") return word(text, at, "false");
  if (c === "n") return word(text, at, "null");
  if (c === "-" || isDigit(c)) return number(text, at);
  return ~at;
}

function word(text, at, wanted) {
  for (let i = 0; i < wanted.length; i++) if (text[at + i] !== wanted[i]) return ~(at + i);
  return at + wanted.length;
}

function string(text, start) {
  for (let at = start; at < text.length; at++) {
    const c = text[at];
    if (c === '"') return at + 1;
    if (c < " " && expected("Bad control character in string literal")) return ~at;
    if (c !== "\\") continue;
    at++;
    if (at >= text.length || (!includes('"\\/bfnrtu', text[at]) && expected("Bad escaped character"))) return ~at;
    if (text[at] !== "u") continue;
    for (const end = at + 4; at < end; at++) if (!isHex(text[at + 1]) && expected("Bad Unicode escape")) return ~(at + 1);
  }
  expected("Unterminated string");
  return ~text.length;
}

function digits(text, start) {
  let at = start;
  while (isDigit(text[at])) at++;
  return at;
}

function number(text, start) {
  let at = text[start] === "-" ? start + 1 : start;
  if (!isDigit(text[at]) && expected("No number after minus sign")) return ~at;
  if (text[at] === "0" && isDigit(text[at + 1]) && expected("Unexpected number")) return ~(at + 1);
  at = digits(text, at);
  if (text[at] === ".") {
    if (!isDigit(text[at + 1]) && expected("Unterminated fractional number")) return ~(at + 1);
    at = digits(text, at + 1);
  }
  if (text[at] !== "e" && text[at] !== "E") return at;
  at++;
  if (text[at] === "+" || text[at] === "-") at++;
  if (!isDigit(text[at]) && expected("Exponent part is missing a number")) return ~at;
  return digits(text, at);
}

export function stringify(value, replacer, space) {
  try {
    return jsonStringify(value, replacer, space);
  } catch (error) {
    if (getPrototypeOf(error) !== TypeErrorCtor.prototype || error.message !== CIRCULAR) throw error;
    const circle = circleIn(value);
    throw circle === undefined ? error : new TypeErrorCtor(CIRCULAR + drawn(circle));
  }
}

const CIRCULAR = "Converting circular structure to JSON";
// How many objects are looked at.
const MANY = 100000;

// The first circle that stringify meets: its objects, and the keys that lead from each to the next.
function circleIn(root) {
  const path = [];
  const names = [];
  let seen = 0;
  const visit = (object) => {
    const start = indexOf(path, object);
    if (start >= 0) return start;
    if (++seen > MANY || path.length > 1000) return undefined;
    push(path, object);
    const own = keys(object);
    for (let i = 0; i < own.length; i++) {
      // What a getter answers is not asked twice.
      const value = getOwnPropertyDescriptor(object, own[i])?.value;
      if (typeof value !== "object" || value === null || typeof value.toJSON === "function") continue;
      push(names, own[i]);
      const found = visit(value);
      if (found !== undefined) return found;
      pop(names);
    }
    pop(path);
    return undefined;
  };
  try {
    const start = visit(root);
    return start === undefined ? undefined : { path, names, start };
  } catch {
    // A Proxy's trap.
    return undefined;
  }
}

function drawn({ path, names, start }) {
  const line = (i) => `\n    |     ${step(path[i], names[i])} -> object with constructor '${maker(path[i + 1])}'`;
  let text = `\n    --> starting at object with constructor '${maker(path[start])}'`;
  const last = path.length - 1;
  for (let i = start; i < last && i < start + 2; i++) text += line(i);
  if (last - start > 3) text += "\n    |     ...";
  if (last - start > 2) text += line(last - 1);
  return `${text}\n    --- ${step(path[last], names[last])} closes the circle`;
}

const step = (object, name) => (isArray(object) && isDigit(name[0]) ? `index ${name}` : `property '${name}'`);

function maker(object) {
  for (let holder = object; holder !== null; holder = getPrototypeOf(holder)) {
    const own = getOwnPropertyDescriptor(holder, "constructor")?.value;
    if (typeof own === "function" && own.name !== "") return own.name;
  }
  return "Object";
}

