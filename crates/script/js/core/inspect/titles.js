// The words in front of an inspected value: constructors, tags, functions, errors.
import { append as push, remove } from "internal:core/arrays";
import { modern } from "internal:core/api";
import { ops } from "internal:core/ops";
import { isClass } from "internal:core/inspect/classes";
import { formatPrimitive, indentedLines } from "internal:core/inspect/layout";
import {
  ArrayCtor, BigIntCtor, ErrorCtor, NumberCtor, ObjectCtor, PromiseCtor, RegExpCtor, SetCtor, StringCtor,
  SymbolCtor, fixed, getOwnPropertyDescriptor, getPrototypeOf, globalNames, ownKeys, uncurryThis,
} from "internal:core/primordials";

const listIndexOf = uncurryThis(ArrayCtor.prototype.indexOf);
const slice = uncurryThis(StringCtor.prototype.slice);
const indexOf = uncurryThis(StringCtor.prototype.indexOf);
const startsWith = uncurryThis(StringCtor.prototype.startsWith);
const endsWith = uncurryThis(StringCtor.prototype.endsWith);
const setAdd = uncurryThis(SetCtor.prototype.add);
const setHas = uncurryThis(SetCtor.prototype.has);
const hasOwn = uncurryThis(ObjectCtor.prototype.hasOwnProperty);
const test = uncurryThis(RegExpCtor.prototype.test);
const exec = uncurryThis(RegExpCtor.prototype.exec);
const errorToString = uncurryThis(ErrorCtor.prototype.toString);
const unbox = {
  __proto__: null,
  Number: uncurryThis(NumberCtor.prototype.valueOf),
  String: uncurryThis(StringCtor.prototype.valueOf),
  Boolean: uncurryThis(Boolean.prototype.valueOf),
  BigInt: uncurryThis(BigIntCtor.prototype.valueOf),
  Symbol: uncurryThis(SymbolCtor.prototype.valueOf),
};

// The constructors that every script has: what they give an object is not a property or toString of its author's.
const builtIns = new SetCtor();
{
  const names = globalNames;
  const more = ["Intl", "WebAssembly"];
  const name = fixed(/^[A-Z][a-zA-Z0-9]+$/);
  for (let i = 0; i < names.length; i++) if (typeof names[i] === "string" && test(name, names[i])) setAdd(builtIns, names[i]);
  for (let i = 0; i < more.length; i++) setAdd(builtIns, more[i]);
}

export function isBuiltIn(constructor) {
  return typeof constructor === "function" && setHas(builtIns, constructor.name);
}

// An object's own constructor. That of all promises is an accessor, see main.js.
export function ownConstructor(object) {
  if (object === PromiseCtor.prototype) return PromiseCtor;
  return getOwnPropertyDescriptor(object, "constructor")?.value;
}

// The name of the first constructor on the prototype chain; null for an object without a prototype. What classes of the
// script's put on the chain goes to `found`, when given.
export function constructorName(context, value, depth, found) {
  let first;
  for (let object = value; object !== null; object = getPrototypeOf(object)) {
    if (object !== value && first === undefined) first = object;
    const own = ownConstructor(object);
    if (typeof own !== "function" || own.name === "") continue;
    if (found !== undefined && (first !== object || !setHas(builtIns, own.name))) {
      addInherited(context, value, first ?? value, depth, found);
    }
    return own.name;
  }
  if (first === undefined) return null;
  const name = engineName(value);
  if (context.depth !== null && depth > context.depth) return `${name} <Complex prototype>`;
  const inherited = constructorName(context, first, depth + 1, found);
  if (inherited !== null) return `${name} <${inherited}>`;
  return `${name} <${context.show({ ...context, customInspect: false, depth: -1, seen: [], indentation: 0 }, first, 0)}>`;
}

// The properties on the prototypes that the script's classes made, methods left out; three levels of them.
function addInherited(context, value, start, depth, found) {
  let object = start;
  const above = new SetCtor();
  let names;
  for (let level = 0; level < 3; level++) {
    if (level > 0 || object === value) {
      object = getPrototypeOf(object);
      if (object === null || isBuiltIn(ownConstructor(object))) return;
    }
    if (names !== undefined) for (let i = 0; i < names.length; i++) setAdd(above, names[i]);
    names = ownKeys(object);
    for (let i = 0; i < names.length; i++) {
      const key = names[i];
      if (key === "constructor" || hasOwn(value, key) || setHas(above, key)) continue;
      const own = getOwnPropertyDescriptor(object, key);
      if (typeof own.value !== "function") push(found, context.property(context, object, depth, key, own));
    }
  }
}

// The engine's name for what it made the object as.
function engineName(value) {
  const tag = value[SymbolCtor.toStringTag];
  if (typeof tag === "string" && tag !== "") return tag;
  return typeof value === "function" ? "Function" : ops.kind_of(value);
}

// `Name(size) [tag] `, with what stands for the name of an object without a prototype.
export function prefix(name, tag, fallback, size = "") {
  if (name === null) return `[${fallback}${size}: null prototype] ${tag === "" ? "" : `[${tag}] `}`;
  return tag !== "" && name !== tag ? `${name}${size} [${tag}] ` : `${name}${size} `;
}

// The same for any object.
export function anyPrefix(value, name, tag) {
  if (name !== null) return prefix(name, tag, "");
  const fallback = engineName(value);
  return prefix(name, tag, fallback === tag ? "Object" : fallback);
}

export function functionTitle(value, name, tag) {
  if (isClass(value)) return classTitle(value, name, tag);
  const kind = ops.kind_of(value);
  const type = endsWith(kind, "Function") && kind !== "BoundFunction" ? kind : "Function";
  const null_ = name === null ? " (null prototype)" : "";
  const own = value.name === "" ? (modern ? " (anonymous)" : "") : `: ${value.name}`;
  const other = name !== null && name !== type ? ` ${name}` : "";
  return `[${type}${null_}${own}]${other}${tag !== "" && name !== tag ? ` [${tag}]` : ""}`;
}

function classTitle(value, name, tag) {
  let title = `class ${(hasOwn(value, "name") && value.name) || "(anonymous)"}`;
  if (name !== null && name !== "Function") title += ` [${name}]`;
  if (tag !== "" && name !== tag) title += ` [${tag}]`;
  if (name === null) return `[${title} extends [null prototype]]`;
  const { name: parent } = getPrototypeOf(value);
  return `[${title}${parent ? ` extends ${parent}` : ""}]`;
}

// A Number, String, Boolean, BigInt or Symbol object.
export function boxedTitle(context, value, kind, name, tag) {
  const other = name === kind ? "" : name === null ? " (null prototype)" : ` (${name})`;
  const text = formatPrimitive(context, unbox[kind](value));
  return `[${kind}${other}: ${text}]${tag !== "" && tag !== name ? ` [${tag}]` : ""}`;
}

const HEAD = fixed(/^([A-Z][a-z_ A-Z0-9[\]()-]+)(?::|\n {4}at)/);
const BARE_HEAD = fixed(/^([a-z_A-Z0-9-]*Error)$/);

// An error's stack. Its own name, message and stack are no further properties when they are part of it.
export function errorTitle(context, value, constructor, tag, extra) {
  const { name: ownName } = value;
  const name = ownName === undefined || ownName === null ? "Error" : StringCtor(ownName);
  let stack = value.stack ? StringCtor(value.stack) : errorToString(value);
  if (!context.showHidden) {
    hideKey(value, "name", stack, extra);
    hideKey(value, "message", stack, extra);
    hideKey(value, "stack", stack, extra);
  }
  if (modern) {
    showHidden(value, "cause", stack, extra);
    showHidden(value, "errors", stack, extra);
  }
  stack = improved(stack, name, constructor, tag);
  const { message } = value;
  const at = (message && indexOf(stack, message)) || -1;
  const from = at === -1 ? 0 : at + message.length;
  if (indexOf(stack, "\n    at", from) < 0) stack = `[${stack}]`;
  return indentedLines(context, stack);
}

// What today's Node shows of an error though it is hidden, unless the stack tells it.
function showHidden(value, key, stack, extra) {
  if (hasOwn(value, key) && listIndexOf(extra, key) < 0 && indexOf(stack, `[${key}]: `) < 0) push(extra, key);
}

function hideKey(value, key, stack, extra) {
  const at = listIndexOf(extra, key);
  if (at >= 0 && indexOf(stack, value[key]) >= 0) remove(extra, at, 1);
}

// The stack was made when the class was not known: its first line gets the class's name.
function improved(stack, name, constructor, tag) {
  let { length } = name;
  const next = stack[length];
  const regular = endsWith(name, "Error") && startsWith(stack, name) && (next === undefined || next === ":" || next === "\n");
  if (constructor !== null && !regular) return stack;
  let fallback = "Error";
  if (constructor === null) {
    const head = (exec(HEAD, stack) ?? exec(BARE_HEAD, stack))?.[1] ?? "";
    length = head.length;
    fallback = head || "Error";
  }
  const title = slice(prefix(constructor, tag, fallback), 0, -1);
  if (name === title) return stack;
  const rest = slice(stack, length);
  if (indexOf(title, name) < 0) return `${title} [${name}]${rest}`;
  return length === 0 ? `${title}: ${stack}` : `${title}${rest}`;
}
