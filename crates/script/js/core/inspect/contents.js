// What an inspected value holds, a line of text for each part.
import { modern } from "internal:core/api";
import { isStackGetter } from "internal:core/errors";
import { append as push } from "internal:core/arrays";
import { ops } from "internal:core/ops";
import { isClass } from "internal:core/inspect/classes";
import { escaped, formatPrimitive, layOut, plural, quoted } from "internal:core/inspect/layout";
import {
  ArrayCtor, MapCtor, NumberCtor, ObjectCtor, RegExpCtor, SetCtor, StringCtor, SymbolCtor, Uint8ArrayCtor, WeakMapCtor,
  defineProperty, fixed, getOwnPropertyDescriptor, getPrototypeOf, is, isArray, keys, max, min, ownKeys, uncurryThis,
} from "internal:core/primordials";

const sort = uncurryThis(ArrayCtor.prototype.sort);
const padStart = uncurryThis(StringCtor.prototype.padStart);
const numberText = uncurryThis(NumberCtor.prototype.toString);
const symbolText = uncurryThis(SymbolCtor.prototype.toString);
const test = uncurryThis(RegExpCtor.prototype.test);
const mapForEach = uncurryThis(MapCtor.prototype.forEach);
const mapSize = uncurryThis(getOwnPropertyDescriptor(MapCtor.prototype, "size").get);
const setForEach = uncurryThis(SetCtor.prototype.forEach);
const setSize = uncurryThis(getOwnPropertyDescriptor(SetCtor.prototype, "size").get);
const hasOwn = uncurryThis(ObjectCtor.prototype.hasOwnProperty);
const enumerable = uncurryThis(ObjectCtor.prototype.propertyIsEnumerable);
const typedLength = uncurryThis(getOwnPropertyDescriptor(getPrototypeOf(Uint8ArrayCtor.prototype), "length").get);

function indented(context, value, depth) {
  context.indentation += 2;
  const text = context.show(context, value, depth);
  context.indentation -= 2;
  return text;
}

const more = (count, what) => `... ${count} more ${what}${plural(count)}`;

// The keys of the object's own properties, strings before symbols; without indices where the items are shown as such.
export function shownKeys(value, showHidden, indexed) {
  const shown = [];
  const own = showHidden && isClass(value) ? classKeys(value) : ownKeys(value);
  for (let i = 0; i < own.length; i++) {
    const key = own[i];
    if (indexed && typeof key === "string" && isIndex(key)) continue;
    if (showHidden ? !hasEmptied(value, key) : enumerable(value, key)) push(shown, key);
  }
  return shown;
}

// In V8 a class has its prototype and its methods before its name, and its fields behind.
function classKeys(value) {
  const first = ["length", "prototype"];
  const last = ["name"];
  const own = ownKeys(value);
  for (let i = 0; i < own.length; i++) {
    const key = own[i];
    if (key === "length" || key === "prototype" || key === "name") continue;
    push(typeof key === "string" && !enumerable(value, key) ? first : last, key);
  }
  for (let i = 0; i < last.length; i++) push(first, last[i]);
  return first;
}

function isIndex(key) {
  const number = +key;
  return number >= 0 && number < 4294967295 && `${number >>> 0}` === key;
}

const NAME = fixed(/^[a-zA-Z_][a-zA-Z_0-9]*$/);

function keyText(key, isEnumerable) {
  if (typeof key === "symbol") return `[${escaped(symbolText(key), "'")}]`;
  if (isEnumerable === false) return `[${escaped(key, "'")}]`;
  return test(NAME, key) ? key : quoted(key);
}

// `key: value`.
// An error's own stack is a value to whoever looks.
function shown(descriptor, object) {
  return isStackGetter(descriptor.get) ? { value: object.stack, enumerable: descriptor.enumerable } : descriptor;
}

export function property(context, object, depth, key, descriptor) {
  const own = shown(descriptor ?? getOwnPropertyDescriptor(object, key) ?? { value: object[key], enumerable: true }, object);
  const wide = context.compact === true;
  context.indentation += wide ? 3 : 2;
  let text = propertyText(context, object, depth, key, own);
  const space = wide && own.value !== undefined && context.breakLength < text.length ? `\n${padStart("", context.indentation, " ")}` : " ";
  context.indentation -= wide ? 3 : 2;
  return `${keyText(key, own.enumerable)}:${space}${text}`;
}

function propertyText(context, object, depth, key, own) {
  if (own.value !== undefined) return context.show(context, own.value, depth);
  if (own.get === undefined) return own.set === undefined ? "undefined" : "[Setter]";
  const label = own.set === undefined ? "Getter" : "Getter/Setter";
  const { getters } = context;
  const asked = getters === true || (getters === "get" && own.set === undefined) || (getters === "set" && own.set !== undefined);
  return asked ? gotten(context, object, depth, key, label) : `[${label}]`;
}

// What a getter answers.
function gotten(context, object, depth, key, label) {
  try {
    const value = object[key];
    if (typeof value === "object" && value !== null) return `[${label}] ${context.show(context, value, depth)}`;
    return `[${label}: ${formatPrimitive(context, value)}]`;
  } catch (error) {
    return `[${label}: <Inspection threw (${error.message})>]`;
  }
}

function item(context, array, depth, index) {
  context.indentation += 2;
  const text = propertyText(context, array, depth, index, getOwnPropertyDescriptor(array, index));
  context.indentation -= 2;
  return text;
}

export function none() {
  return [];
}

export function items(context, array, depth) {
  const { length } = array;
  const limit = min(max(0, context.maxArrayLength), length);
  const output = [];
  for (let i = 0; i < limit; i++) {
    if (!hasOwn(array, i)) return sparseItems(context, array, depth, limit, output, i);
    push(output, item(context, array, depth, i));
  }
  if (length > limit) push(output, more(length - limit, "item"));
  return output;
}

// From the first hole on: by keys, since a hole may be of any size.
function sparseItems(context, array, depth, limit, output, start) {
  const names = keys(array);
  let next = start;
  for (let i = start; i < names.length && output.length < limit && isIndex(names[i]); i++) {
    const index = +names[i];
    if (index !== next) {
      push(output, holes(index - next));
      next = index;
      if (output.length === limit) break;
    }
    push(output, item(context, array, depth, index));
    next++;
  }
  const left = array.length - next;
  if (left > 0) push(output, output.length === limit ? more(left, "item") : holes(left));
  return output;
}

const holes = (count) => `<${count} empty item${plural(count)}>`;

export function numbers(context, array, depth) {
  const output = [];
  const length = typedLength(array);
  const limit = min(max(0, context.maxArrayLength), length);
  for (let i = 0; i < limit; i++) push(output, formatPrimitive(context, array[i]));
  if (limit < length) push(output, more(length - limit, "item"));
  if (!context.showHidden) return output;
  context.indentation += 2;
  const hidden = ["BYTES_PER_ELEMENT", "length", "byteLength", "byteOffset", "buffer"];
  for (let i = 0; i < hidden.length; i++) {
    push(output, `[${hidden[i]}]: ${context.show(context, array[hidden[i]], depth, true)}`);
  }
  context.indentation -= 2;
  return output;
}

// How many members are shown; Node 12 showed all.
function mostOf(context) {
  return modern ? max(0, context.maxArrayLength) : Infinity;
}

export function members(context, set, depth) {
  const output = [];
  const limit = mostOf(context);
  setForEach(set, (member) => { if (output.length < limit) push(output, indented(context, member, depth)); });
  if (setSize(set) > limit) push(output, more(setSize(set) - limit, "item"));
  if (context.showHidden && !modern) push(output, `[size]: ${setSize(set)}`);
  return output;
}

export function entries(context, map, depth) {
  const output = [];
  const limit = mostOf(context);
  mapForEach(map, (member, key) => {
    if (output.length < limit) push(output, `${indented(context, key, depth)} => ${indented(context, member, depth)}`);
  });
  if (mapSize(map) > limit) push(output, more(mapSize(map) - limit, "item"));
  if (context.showHidden && !modern) push(output, `[size]: ${mapSize(map)}`);
  return output;
}

export function bufferParts(context, buffer) {
  let bytes;
  try {
    bytes = new Uint8ArrayCtor(buffer);
  } catch {
    return ["(detached)"];
  }
  const shown = min(max(0, context.maxArrayLength), bytes.length);
  let text = "";
  for (let i = 0; i < shown; i++) text += `${i > 0 ? " " : ""}${padStart(numberText(bytes[i], 16), 2, "0")}`;
  const left = bytes.length - shown;
  return [`[Uint8Contents]: <${text}${left > 0 ? ` ${more(left, "byte")}` : ""}>`];
}

export function promiseParts(context, promise, depth) {
  const state = ops.promise_state(promise);
  if (state === "pending") return ["<pending>"];
  const text = indented(context, ops.promise_result(promise), depth);
  return [state === "rejected" ? `<rejected> ${text}` : text];
}

export function unknown() {
  return ["<items unknown>"];
}

// A module's exports; what it has not initialised yet cannot be read.
export function exported(context, namespace, depth) {
  const output = [];
  const names = shownKeys(namespace, context.showHidden, false);
  for (let i = 0; i < names.length; i++) {
    let readable = true;
    try {
      void namespace[names[i]];
    } catch {
      readable = false;
    }
    push(output, readable ? property(context, namespace, depth, names[i]) : `${keyText(names[i], true)}: <uninitialized>`);
  }
  return output;
}

// The iterators that inspect has looked into: their next() gives the items out again.
const emptied = new WeakMapCtor();
const emptiedGet = uncurryThis(WeakMapCtor.prototype.get);
const emptiedSet = uncurryThis(WeakMapCtor.prototype.set);
const nexts = {
  __proto__: null,
  "Map Iterator": uncurryThis(getPrototypeOf(new MapCtor().keys()).next),
  "Set Iterator": uncurryThis(getPrototypeOf(new SetCtor().keys()).next),
};

function hasEmptied(value, key) {
  return key === "next" && emptiedGet(emptied, value) !== undefined;
}

// What the iterator has still to give. The engine tells only by giving it, so the items are kept for the script.
export function remaining(iterator, kind) {
  let left = emptiedGet(emptied, iterator);
  if (left === undefined) {
    left = { items: [], at: 0 };
    const next = nexts[kind];
    for (let step = next(iterator); !step.done; step = next(iterator)) push(left.items, step.value);
    emptiedSet(emptied, iterator, left);
    const value = () => (left.at < left.items.length ? { value: left.items[left.at++], done: false } : next(iterator));
    defineProperty(iterator, "next", { value, writable: true, configurable: true, enumerable: false });
  }
  const items = [];
  for (let i = left.at; i < left.items.length; i++) push(items, left.items[i]);
  return items;
}

// Whether these are the pairs that entries() gives.
export function arePairs(items, kind) {
  for (let i = 0; i < items.length; i++) {
    if (!isArray(items[i]) || items[i].length !== 2) return false;
    if (kind === "Set Iterator" && !is(items[i][0], items[i][1])) return false;
  }
  return items.length > 0;
}

export function iterated(context, items, depth, pairs) {
  const output = [];
  const limit = min(max(0, context.maxArrayLength), items.length);
  context.indentation += 2;
  for (let i = 0; i < limit; i++) {
    if (!pairs) push(output, context.show(context, items[i], depth));
    else {
      const both = [context.show(context, items[i][0], depth), context.show(context, items[i][1], depth)];
      push(output, layOut(context, both, "", "[", "]", depth, []));
    }
  }
  context.indentation -= 2;
  if (limit < items.length) push(output, more(items.length - limit, "item"));
  return output;
}

export function sorted(context, output, keyCount, isList) {
  const order = context.sorted === true ? undefined : context.sorted;
  if (!isList) return sort(output, order);
  const own = [];
  for (let i = output.length - keyCount; i < output.length; i++) push(own, output[i]);
  sort(own, order);
  for (let i = 0; i < keyCount; i++) output[output.length - keyCount + i] = own[i];
  return output;
}
