// util.inspect, as Node 12 prints, and for jobs of today as Node 22: which kind of value it is, and what belongs to it.
import { modern } from "internal:core/api";
import { append as push, prepend, remove } from "internal:core/arrays";
import { ops } from "internal:core/ops";
import {
  arePairs, bufferParts, entries, exported, items, iterated, members, none, numbers, promiseParts, property, remaining,
  shownKeys, sorted, unknown,
} from "internal:core/inspect/contents";
import { formatPrimitive, indentedLines, layOut } from "internal:core/inspect/layout";
import {
  ArrayCtor, DateCtor, MapCtor, ObjectCtor, RegExpCtor, SetCtor, SymbolCtor, Uint8ArrayCtor, apply, create, getOwnPropertyDescriptor, getPrototypeOf, isArray, keys, numberIsNaN, setPrototypeOf, uncurryThis,
} from "internal:core/primordials";
import { anyPrefix, boxedTitle, constructorName, errorTitle, functionTitle, prefix } from "internal:core/inspect/titles";

const pop = uncurryThis(ArrayCtor.prototype.pop);
const includes = uncurryThis(ArrayCtor.prototype.includes);
const indexOf = uncurryThis(ArrayCtor.prototype.indexOf);
const slice = uncurryThis(String.prototype.slice);
const regExpText = uncurryThis(RegExpCtor.prototype.toString);
const dateText = uncurryThis(DateCtor.prototype.toISOString);
const dateValue = uncurryThis(DateCtor.prototype.getTime);
const dateString = uncurryThis(DateCtor.prototype.toString);
const mapGet = uncurryThis(MapCtor.prototype.get);
const mapSet = uncurryThis(MapCtor.prototype.set);
const mapSize = uncurryThis(getOwnPropertyDescriptor(MapCtor.prototype, "size").get);
const setSize = uncurryThis(getOwnPropertyDescriptor(SetCtor.prototype, "size").get);
const enumerable = uncurryThis(ObjectCtor.prototype.propertyIsEnumerable);
const hasOwn = uncurryThis(ObjectCtor.prototype.hasOwnProperty);
const typed = getPrototypeOf(Uint8ArrayCtor.prototype);
const typedTag = uncurryThis(getOwnPropertyDescriptor(typed, SymbolCtor.toStringTag).get);
const typedLength = uncurryThis(getOwnPropertyDescriptor(typed, "length").get);
const { iterator, toStringTag } = SymbolCtor;

export const custom = SymbolCtor.for("nodejs.util.inspect.custom");

const defaults = {
  showHidden: false, depth: 2, colors: false, customInspect: true, showProxy: false, maxArrayLength: 100,
  maxStringLength: Infinity, breakLength: 80, compact: 3, sorted: false, getters: false, numericSeparator: false,
};

export function inspect(value, options, ...old) {
  const context = { ...defaults, seen: [], indentation: 0, currentDepth: 0, show, property };
  if (typeof options === "object" && options !== null) {
    const names = keys(defaults);
    for (let i = 0; i < names.length; i++) {
      if (hasOwn(options, names[i])) context[names[i]] = options[names[i]];
    }
  } else if (typeof options === "boolean") {
    context.showHidden = options;
  }
  if (old.length > 0 && old[0] !== undefined) context.depth = old[0];
  if (context.maxArrayLength === null) context.maxArrayLength = Infinity;
  if (context.maxStringLength === null) context.maxStringLength = Infinity;
  return show(context, value, 0);
}
inspect.custom = custom;
inspect.defaultOptions = defaults;

function show(context, original, depth, ofTypedArray) {
  if (original === null || (typeof original !== "object" && typeof original !== "function")) {
    return formatPrimitive(context, original);
  }
  let value = original;
  if (ops.is_proxy(value)) {
    if (context.showProxy) return showProxy(context, value, depth);
    while (ops.is_proxy(value)) value = ops.proxy_target(value);
    if (value === null) return "<Revoked Proxy>";
  }
  if (context.customInspect) {
    const method = value[custom];
    const { constructor } = value;
    if (typeof method === "function" && method !== inspect && !(constructor && constructor.prototype === value)) {
      const left = context.depth === null ? null : context.depth - depth;
      const answer = apply(method, original, [left, optionsFor(context, left)]);
      if (answer !== original) {
        return typeof answer === "string" ? indentedLines(context, answer) : show(context, answer, depth);
      }
    }
  }
  if (includes(context.seen, value)) return modern ? `[Circular *${referenceTo(context, value)}]` : "[Circular]";
  return showObject(context, value, depth, ofTypedArray);
}

// The number of an object that holds itself.
function referenceTo(context, value) {
  context.circular ??= new MapCtor();
  const known = mapGet(context.circular, value);
  if (known !== undefined) return known;
  const number = mapSize(context.circular) + 1;
  mapSet(context.circular, value, number);
  return number;
}

// What an object's own inspect function gets.
function optionsFor(context, depth) {
  const options = create(null);
  const names = keys(defaults);
  for (let i = 0; i < names.length; i++) if (modern || names[i] !== "numericSeparator") options[names[i]] = context[names[i]];
  options.depth = depth;
  options.stylize = setPrototypeOf((text) => `${text}`, null);
  return options;
}

function showProxy(context, proxy, depth) {
  if (context.depth !== null && depth > context.depth) return "Proxy [Array]";
  context.indentation += 2;
  const pieces = [
    show(context, ops.proxy_target(proxy), depth + 1), show(context, ops.proxy_handler(proxy), depth + 1),
  ];
  context.indentation -= 2;
  return layOut(context, pieces, "", "Proxy [", "]", depth + 1, []);
}

// What stands for the whole value.
const done = (text) => ({ text });

function showObject(context, value, depth, ofTypedArray) {
  const tooDeep = context.depth !== null && depth > context.depth;
  const inherited = context.showHidden && !tooDeep ? [] : undefined;
  const name = constructorName(context, value, depth, inherited);
  const bare = inherited === undefined || inherited.length === 0;
  let tag = value[toStringTag];
  if (typeof tag !== "string" || (tag !== "" && (context.showHidden ? hasOwn : enumerable)(value, toStringTag))) tag = "";
  const about = { value, name, tag, kind: ops.kind_of(value), bare, tooDeep, ofTypedArray };
  const shape = (value[iterator] || name === null ? collection(context, about) : undefined) ?? other(context, about);
  if (shape.text !== undefined) return shape.text;
  if (tooDeep) {
    const title = slice(anyPrefix(value, name, tag), 0, -1);
    return name === null ? title : `[${title}]`;
  }
  const { open, close = "}", base = "", body = none, extra, array } = shape;
  push(context.seen, value);
  context.currentDepth = depth + 1;
  const output = body(context, value, depth + 1);
  for (let i = 0; i < extra.length; i++) push(output, property(context, value, depth + 1, extra[i]));
  if (!bare) for (let i = 0; i < inherited.length; i++) push(output, inherited[i]);
  pop(context.seen);
  if (context.sorted) sorted(context, output, extra.length, array !== undefined);
  const number = context.circular === undefined ? undefined : mapGet(context.circular, value);
  const first = number === undefined ? base : base === "" ? `<ref *${number}>` : `<ref *${number}> ${base}`;
  return layOut(context, output, first, open, close, depth + 1, array);
}

// Arrays, sets, maps and their iterators.
function collection(context, { value, name, tag, kind, bare }) {
  const type = typedTag(value);
  const isList = isArray(value);
  const extra = shownKeys(value, context.showHidden, isList || type !== undefined);
  const empty = extra.length === 0 && bare;
  if (isList) {
    const open = `${name !== "Array" || tag !== "" ? prefix(name, tag, "Array", `(${value.length})`) : ""}[`;
    return value.length === 0 && empty ? done(`${open}]`) : { open, close: "]", body: items, extra, array: value };
  }
  if (type !== undefined) {
    const open = `${prefix(name, tag, type, `(${typedLength(value)})`)}[`;
    if (typedLength(value) === 0 && extra.length === 0 && !context.showHidden) return done(`${open}]`);
    return { open, close: "]", body: numbers, extra, array: value };
  }
  if (kind === "Set" || kind === "Map") {
    const size = kind === "Set" ? setSize(value) : mapSize(value);
    const open = `${prefix(name, tag, kind, modern ? `(${size})` : "")}{`;
    return size === 0 && empty ? done(`${open}}`) : { open, body: kind === "Set" ? members : entries, extra };
  }
  if (kind === "Map Iterator" || kind === "Set Iterator") {
    const left = remaining(value, kind);
    const pairs = arePairs(left, kind);
    const type_ = pairs ? `${slice(kind, 0, 3)} Entries` : kind;
    const open = `[${tag === kind || tag === "" ? type_ : `${tag}] [${type_}`}] {`;
    return { open, body: (_, __, inner) => iterated(context, left, inner, pairs), extra };
  }
  return undefined;
}

// Everything else.
function other(context, { value, name, tag, kind, bare, tooDeep, ofTypedArray }) {
  const extra = shownKeys(value, context.showHidden, false);
  const empty = extra.length === 0 && bare;
  const braced = (fallback, body) => ({ open: `${prefix(name, tag, fallback)}{`, body, extra });
  const based = (base, alone) => (empty || alone ? done(base) : { open: "{", base, extra });
  if (name === "Object") {
    const open = kind === "Arguments" ? "[Arguments] {" : tag === "" ? "{" : `${prefix(name, tag, "Object")}{`;
    return empty ? done(`${open}}`) : { open, extra };
  }
  if (typeof value === "function") return based(functionTitle(value, name, tag));
  switch (kind) {
    case "RegExp": return based(titled(regExpText(name === null ? new RegExpCtor(value) : value), name, tag, kind), tooDeep);
    case "Date": {
      const text = numberIsNaN(dateValue(value)) ? dateString(value) : dateText(value);
      return based(titled(text, name, tag, kind));
    }
    case "Error": {
      if (context.showHidden) stackFirst(extra);
      const base = errorTitle(context, value, name, tag, extra);
      return extra.length === 0 && bare ? done(base) : { open: "{", base, extra };
    }
    case "ArrayBuffer": case "SharedArrayBuffer":
      if (ofTypedArray && empty) return done(`${prefix(name, tag, kind)}{ byteLength: ${value.byteLength} }`);
      prepend(extra, "byteLength");
      return braced(kind, ofTypedArray ? none : bufferParts);
    case "DataView":
      prepend(extra, "byteLength", "byteOffset", "buffer");
      return braced(kind, none);
    case "Promise": return braced(kind, promiseParts);
    case "WeakSet": case "WeakMap": return braced(kind, unknown);
    case "Module":
      extra.length = 0;
      return { open: `[${tag}] {`, body: exported, extra };
    case "Number": case "String": case "Boolean": case "BigInt": case "Symbol": {
      if (kind === "String") remove(extra, 0, value.length);
      const base = boxedTitle(context, value, kind, name, tag);
      return extra.length === 0 && bare ? done(base) : { open: "{", base, extra };
    }
    default: {
      const open = `${anyPrefix(value, name, tag)}{`;
      return empty ? done(`${open}}`) : { open, extra };
    }
  }
}

// In V8 the stack is an error's first own property.
function stackFirst(extra) {
  const at = indexOf(extra, "stack");
  if (at >= 0) remove(extra, at, 1);
  prepend(extra, "stack");
}

function titled(text, name, tag, kind) {
  const title = prefix(name, tag, kind);
  return title === `${kind} ` ? text : title + text;
}
