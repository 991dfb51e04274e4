// util.inspect, as Node 12 prints: what a value is made of, on as many lines as it needs.
import { ops } from "internal:ops";
import { escaped, layOut, plural, quoted } from "internal:layout";
import {
  ArrayBufferCtor, ArrayCtor, BigIntCtor, DateCtor, ErrorCtor, MapCtor, NumberCtor, ObjectCtor, PromiseCtor, RegExpCtor, SetCtor,
  StringCtor, SymbolCtor, Uint8ArrayCtor, apply, fixed, getOwnPropertyDescriptor, getPrototypeOf, is, isArray, keys,
  min, numberIsNaN, ownKeys, uncurryThis,
} from "internal:primordials";

const push = uncurryThis(ArrayCtor.prototype.push);
const pop = uncurryThis(ArrayCtor.prototype.pop);
const includes = uncurryThis(ArrayCtor.prototype.includes);
const splice = uncurryThis(ArrayCtor.prototype.splice);
const sort = uncurryThis(ArrayCtor.prototype.sort);
const join = uncurryThis(ArrayCtor.prototype.join);
const slice = uncurryThis(StringCtor.prototype.slice);
const indexOf = uncurryThis(StringCtor.prototype.indexOf);
const startsWith = uncurryThis(StringCtor.prototype.startsWith);
const endsWith = uncurryThis(StringCtor.prototype.endsWith);
const repeat = uncurryThis(StringCtor.prototype.repeat);
const split = uncurryThis(StringCtor.prototype.split);
const padStart = uncurryThis(StringCtor.prototype.padStart);
const numberText = uncurryThis(NumberCtor.prototype.toString);
const symbolText = uncurryThis(SymbolCtor.prototype.toString);
const regExpText = uncurryThis(RegExpCtor.prototype.toString);
const dateText = uncurryThis(DateCtor.prototype.toISOString);
const dateValue = uncurryThis(DateCtor.prototype.getTime);
const dateString = uncurryThis(DateCtor.prototype.toString);
const mapForEach = uncurryThis(MapCtor.prototype.forEach);
const setForEach = uncurryThis(SetCtor.prototype.forEach);
const setAdd = uncurryThis(SetCtor.prototype.add);
const enumerable = uncurryThis(ObjectCtor.prototype.propertyIsEnumerable);
const hasOwn = uncurryThis(ObjectCtor.prototype.hasOwnProperty);
const errorToString = uncurryThis(ErrorCtor.prototype.toString);
const unboxNumber = uncurryThis(NumberCtor.prototype.valueOf);
const unboxString = uncurryThis(StringCtor.prototype.valueOf);
const unboxBoolean = uncurryThis(Boolean.prototype.valueOf);
const unboxSymbol = uncurryThis(SymbolCtor.prototype.valueOf);
const unboxBigInt = uncurryThis(BigIntCtor.prototype.valueOf);
const typedTag = uncurryThis(getOwnPropertyDescriptor(getPrototypeOf(Uint8ArrayCtor.prototype), SymbolCtor.toStringTag).get);
const { toStringTag } = SymbolCtor;

export const custom = SymbolCtor.for("nodejs.util.inspect.custom");

// The constructors that every script has; what else has a toString has one of its author's.
export const globalNames = new SetCtor();
{
  const names = ownKeys(globalThis);
  for (let i = 0; i < names.length; i++) {
    const first = typeof names[i] === "string" ? names[i][0] : "";
    if (first >= "A" && first <= "Z") setAdd(globalNames, names[i]);
  }
}

const defaults = {
  showHidden: false, depth: 2, colors: false, customInspect: true, showProxy: false, maxArrayLength: 100,
  breakLength: 80, compact: 3, sorted: false, getters: false,
};

export function inspect(value, options, ...old) {
  const context = { ...defaults, seen: [], indentation: 0, currentDepth: 0 };
  if (typeof options === "object" && options !== null) {
    const names = keys(defaults);
    for (let i = 0; i < names.length; i++) {
      if (options[names[i]] !== undefined) context[names[i]] = options[names[i]];
    }
  } else if (typeof options === "boolean") {
    context.showHidden = options;
    if (old[0] !== undefined) context.depth = old[0];
  }
  if (context.maxArrayLength === null) context.maxArrayLength = Infinity;
  return show(context, value, 0);
}
inspect.custom = custom;
inspect.defaultOptions = defaults;

export function formatNumber(number) {
  return is(number, -0) ? "-0" : numberText(number);
}

function primitive(context, value) {
  switch (typeof value) {
    case "string": return longString(context, value);
    case "number": return formatNumber(value);
    case "bigint": return `${value}n`;
    case "symbol": return symbolText(value);
    default: return `${value}`;
  }
}

// A string that does not fit is broken behind its line ends.
function longString(context, value) {
  if (value.length <= 16 || value.length <= context.breakLength - context.indentation - 4) return quoted(value);
  const lines = split(value, "\n");
  if (lines.length === 1) return quoted(value);
  const pieces = [];
  for (let i = 0; i < lines.length; i++) {
    const last = i === lines.length - 1;
    if (!last || lines[i] !== "") push(pieces, quoted(last ? lines[i] : `${lines[i]}\n`));
  }
  return join(pieces, ` +\n${repeat(" ", context.indentation + 2)}`);
}

function show(context, original, depth) {
  let value = original;
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return primitive(context, value);
  const target = ops.proxy_target(value);
  if (target !== undefined) {
    if (context.showProxy) return showProxy(context, target, depth);
    value = target;
    for (let inner = ops.proxy_target(value); inner !== undefined; inner = ops.proxy_target(value)) value = inner;
    if (value === null) return "<Revoked Proxy>";
  }
  if (context.customInspect) {
    const method = value[custom];
    if (typeof method === "function" && method !== inspect && value.constructor?.prototype !== value) {
      const left = context.depth === null ? null : context.depth - depth;
      const { showHidden, customInspect, showProxy, maxArrayLength, breakLength, compact, sorted, getters } = context;
      const answer = apply(method, original, [left, {
        depth: left, showHidden, colors: false, customInspect, showProxy, maxArrayLength, breakLength, compact, sorted,
        getters, stylize: (text) => `${text}`,
      }]);
      if (answer !== original) {
        if (typeof answer !== "object") return `${answer}`;
        return show(context, answer, depth);
      }
    }
  }
  if (includes(context.seen, value)) return "[Circular]";
  return showObject(context, value, depth);
}

function showProxy(context, target, depth) {
  if (context.depth !== null && depth > context.depth) return "Proxy [Array]";
  context.indentation += 2;
  const pieces = [show(context, target, depth + 1), show(context, {}, depth + 1)];
  context.indentation -= 2;
  return layOut(context, pieces, "", "Proxy [", "]", depth, undefined);
}

// The name of the first constructor on the prototype chain; null for an object without any.
function constructorName(value) {
  let object = value;
  while (object !== null && object !== undefined) {
    // Its constructor is an accessor, see main.js.
    if (object === PromiseCtor.prototype) return "Promise";
    const own = getOwnPropertyDescriptor(object, "constructor");
    if (own !== undefined && typeof own.value === "function" && own.value.name !== "") return `${own.value.name}`;
    object = getPrototypeOf(object);
  }
  return null;
}

function prefix(name, tag, fallback) {
  if (name === null) {
    return tag !== "" && fallback !== tag ? `[${fallback}: null prototype] [${tag}] ` : `[${fallback}: null prototype] `;
  }
  return tag !== "" && name !== tag ? `${name} [${tag}] ` : `${name} `;
}

// The keys to show behind what the kind itself shows.
function shownKeys(value, showHidden, indexed) {
  const shown = [];
  const own = ownKeys(value);
  for (let i = 0; i < own.length; i++) {
    const key = own[i];
    if (typeof key === "string" && indexed && isIndex(key)) continue;
    if (showHidden || enumerable(value, key)) push(shown, key);
  }
  return shown;
}

function isIndex(key) {
  const number = +key;
  return number >= 0 && number < 4294967295 && `${number >>> 0}` === key;
}

const unbox = {
  __proto__: null,
  Number: (value) => formatNumber(unboxNumber(value)),
  String: (value) => quoted(unboxString(value)),
  Boolean: (value) => `${unboxBoolean(value)}`,
  BigInt: (value) => `${unboxBigInt(value)}n`,
  Symbol: (value) => symbolText(unboxSymbol(value)),
};

function showObject(context, value, depth) {
  const name = constructorName(value);
  let tag = value[toStringTag];
  if (typeof tag !== "string" || tag === "" || (context.showHidden ? hasOwn : enumerable)(value, toStringTag)) tag = "";
  if (tag === name) tag = "";
  const kind = ops.kind_of(value);
  const typed = typedTag(value);
  const indexed = isArray(value) || typed !== undefined || kind === "String";
  const extra = shownKeys(value, context.showHidden, indexed);
  let base = "";
  let open = "{";
  let close = "}";
  let body = none;
  let array = false;
  if (isArray(value)) {
    open = `${name !== "Array" || tag !== "" ? prefix(name, tag, "Array") : ""}[`;
    close = "]";
    if (value.length === 0 && extra.length === 0) return `${open}]`;
    body = items;
    array = true;
  } else if (typed !== undefined) {
    open = `${slice(prefix(name, tag === typed ? "" : tag, typed), 0, -1)}(${value.length}) [`;
    close = "]";
    if (value.length === 0 && extra.length === 0 && !context.showHidden) return `${open}]`;
    body = numbers;
    array = true;
  } else if (kind === "Set") {
    open = `${prefix(name, tag, "Set")}{`;
    body = members;
  } else if (kind === "Map") {
    open = `${prefix(name, tag, "Map")}{`;
    body = entries;
  } else if (kind === "Arguments") {
    open = "[Arguments] [";
    close = "]";
    body = items;
    array = true;
  } else if (typeof value === "function") {
    base = functionBase(value, name, tag);
    if (extra.length === 0) return base;
  } else if (kind === "RegExp") {
    base = regExpText(value);
    if (extra.length === 0) return base;
  } else if (kind === "Date") {
    base = numberIsNaN(dateValue(value)) ? dateString(value) : dateText(value);
    if (extra.length === 0) return base;
  } else if (kind === "Error") {
    base = errorBase(context, value, name, extra);
    if (extra.length === 0) return base;
  } else if (kind === "ArrayBuffer" || kind === "SharedArrayBuffer") {
    open = `${prefix(name, tag, kind)}{`;
    body = bufferParts;
  } else if (kind === "DataView") {
    open = `${prefix(name, tag, "DataView")}{`;
    body = viewParts;
  } else if (kind === "Promise") {
    open = `${prefix(name, tag, "Promise")}{`;
    body = promiseParts;
  } else if (kind === "WeakSet" || kind === "WeakMap") {
    open = `${prefix(name, tag, kind)}{`;
    body = unknown;
  } else if (kind === "Module") {
    open = "[Module] {";
  } else if (includes(BOXED, kind)) {
    base = `[${kind}${name !== kind && name !== null ? ` (${name})` : ""}: ${unbox[kind](value)}]`;
    if (tag !== "" && tag !== kind) base += ` [${tag}]`;
    if (extra.length === 0) return base;
  } else {
    if (name !== "Object" || tag !== "") open = `${prefix(name, tag, "Object")}{`;
    if (extra.length === 0) return `${open}}`;
  }
  if (context.depth !== null && depth > context.depth) {
    return `[${slice(prefix(name, tag, isArray(value) ? "Array" : "Object"), 0, -1)}]`;
  }
  push(context.seen, value);
  context.currentDepth = depth;
  const output = body(context, value, depth + 1);
  for (let i = 0; i < extra.length; i++) push(output, property(context, value, depth + 1, extra[i]));
  pop(context.seen);
  if (output.length === 0) return base === "" ? `${open}${close}` : base;
  if (context.sorted && !array) sort(output);
  return layOut(context, output, base, open, close, depth, array ? value : undefined);
}

const BOXED = ["Number", "String", "Boolean", "BigInt", "Symbol"];

function none() {
  return [];
}

function property(context, value, depth, key) {
  const own = getOwnPropertyDescriptor(value, key) ?? { value: value[key], enumerable: true };
  let text;
  if (own.get !== undefined) text = own.set !== undefined ? "[Getter/Setter]" : "[Getter]";
  else if (own.set !== undefined) text = "[Setter]";
  else text = indented(context, own.value, depth);
  return `${keyText(key, own.enumerable)}: ${text}`;
}

function indented(context, value, depth) {
  context.indentation += 2;
  const text = show(context, value, depth);
  context.indentation -= 2;
  return text;
}

const isName = uncurryThis(RegExpCtor.prototype.test);
const NAME = fixed(/^[a-zA-Z_][a-zA-Z_0-9]*$/);

function keyText(key, isEnumerable) {
  if (typeof key === "symbol") return `[${escaped(symbolText(key))}]`;
  if (key === "__proto__") return "['__proto__']";
  if (isEnumerable === false) return `[${key}]`;
  return isName(NAME, key) ? key : quoted(key);
}

function items(context, value, depth) {
  const output = [];
  const { length } = value;
  const limit = min(context.maxArrayLength, length);
  let index = 0;
  while (index < length && output.length < limit) {
    if (hasOwn(value, index)) {
      push(output, item(context, value, depth, index));
      index++;
      continue;
    }
    const start = index;
    while (index < length && !hasOwn(value, index)) index++;
    push(output, `<${index - start} empty item${plural(index - start)}>`);
  }
  if (index < length) push(output, `... ${length - index} more item${plural(length - index)}`);
  return output;
}

function item(context, value, depth, index) {
  const own = getOwnPropertyDescriptor(value, index);
  if (own.get !== undefined) return own.set !== undefined ? "[Getter/Setter]" : "[Getter]";
  if (own.set !== undefined) return "[Setter]";
  return indented(context, own.value, depth);
}

function numbers(context, value) {
  const output = [];
  const { length } = value;
  const limit = min(context.maxArrayLength, length);
  for (let i = 0; i < limit; i++) push(output, primitive(context, value[i]));
  if (limit < length) push(output, `... ${length - limit} more item${plural(length - limit)}`);
  return output;
}

function members(context, value, depth) {
  const output = [];
  setForEach(value, (member) => { push(output, indented(context, member, depth)); });
  return output;
}

function entries(context, value, depth) {
  const output = [];
  mapForEach(value, (member, key) => {
    push(output, `${indented(context, key, depth)} => ${indented(context, member, depth)}`);
  });
  return output;
}

function bufferParts(context, value) {
  let bytes;
  try {
    bytes = new Uint8ArrayCtor(value);
  } catch {
    return ["(detached)"];
  }
  const shown = min(context.maxArrayLength, bytes.length);
  let text = "";
  for (let i = 0; i < shown; i++) text += `${i > 0 ? " " : ""}${padStart(numberText(bytes[i], 16), 2, "0")}`;
  const more = bytes.length - shown;
  if (more > 0) text += ` ... ${more} more byte${plural(more)}`;
  return [`[Uint8Contents]: <${text}>`, `byteLength: ${bytes.length}`];
}

function viewParts(context, value, depth) {
  const { byteLength, byteOffset, buffer } = value;
  return [`byteLength: ${byteLength}`, `byteOffset: ${byteOffset}`, `buffer: ${indented(context, buffer, depth)}`];
}

function promiseParts(context, value, depth) {
  const state = ops.promise_state(value);
  if (state === "pending") return ["<pending>"];
  const text = indented(context, ops.promise_result(value), depth);
  return [state === "rejected" ? `<rejected> ${text}` : text];
}

function unknown() {
  return ["<items unknown>"];
}

function functionBase(value, name, tag) {
  const kind = ops.kind_of(value);
  const type = kind === "" ? "Function" : kind;
  const own = getOwnPropertyDescriptor(value, "name");
  let base = `[${type}`;
  if (typeof own?.value === "string" && own.value !== "") base += `: ${own.value}`;
  base += "]";
  if (name === null) base += " null prototype";
  else if (name !== type) base += ` ${name}`;
  if (tag !== "" && name !== tag && tag !== type) base += ` [${tag}]`;
  return base;
}

function errorBase(context, value, constructor, extra) {
  const rawStack = value.stack;
  let stack = rawStack ? StringCtor(rawStack) : errorToString(value);
  hideKeys(value, stack, extra);
  stack = improved(stack, value, constructor);
  const { message } = value;
  const at = message ? indexOf(stack, `${message}`) : -1;
  const from = at < 0 ? 0 : at + `${message}`.length;
  if (indexOf(stack, "\n    at", from) < 0) stack = `[${stack}]`;
  if (context.indentation === 0) return stack;
  return join(split(stack, "\n"), `\n${repeat(" ", context.indentation)}`);
}

// An error's own name, message and stack are in its stack already.
function hideKeys(value, stack, extra) {
  for (let i = extra.length - 1; i >= 0; i--) {
    const key = extra[i];
    const hidden = key === "name" || key === "message" || key === "stack";
    if (hidden && indexOf(stack, `${value[key]}`) >= 0) splice(extra, i, 1);
  }
}

// The stack was made when the class was not known: its first line gets the class's name.
function improved(stack, value, constructor) {
  const own = value.name;
  const name = own === undefined || own === null ? "Error" : `${own}`;
  const next = stack[name.length];
  const regular = endsWith(name, "Error") && startsWith(stack, name) && (next === undefined || next === ":" || next === "\n");
  if (!regular || constructor === name) return stack;
  const rest = slice(stack, name.length);
  if (constructor === null) return `[${name}: null prototype]${rest}`;
  return indexOf(constructor, name) >= 0 ? `${constructor}${rest}` : `${constructor} [${name}]${rest}`;
}
