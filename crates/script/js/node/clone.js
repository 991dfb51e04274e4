// structuredClone: deep copies of data, cycles included.
import { late } from "internal:core/late";
import { ops } from "internal:core/ops";
import { append } from "internal:core/arrays";
import {
  ArrayBufferCtor, DateCtor, ErrorCtor, MapCtor, ObjectCtor, RegExpCtor, SetCtor, StringCtor, SymbolCtor, defineProperty, isArray,
  keys, uncurryThis,
} from "internal:core/primordials";

const mapGet = uncurryThis(MapCtor.prototype.get);
const mapSet = uncurryThis(MapCtor.prototype.set);
const mapForEach = uncurryThis(MapCtor.prototype.forEach);
const setAdd = uncurryThis(SetCtor.prototype.add);
const setForEach = uncurryThis(SetCtor.prototype.forEach);
const getTime = uncurryThis(DateCtor.prototype.getTime);
const slice = uncurryThis(ArrayBufferCtor.prototype.slice);
const { isView } = ArrayBufferCtor;
const detach = uncurryThis(ArrayBufferCtor.prototype.transfer);
const { toStringTag } = SymbolCtor;
const hasOwn = uncurryThis(ObjectCtor.prototype.hasOwnProperty);

// The classes of views: a class of a script's, or Buffer, becomes the one that it extends.
const views = { __proto__: null, DataView };
for (const Class of [
  Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array,
  BigUint64Array,
]) views[Class.name] = Class;

const errors = { __proto__: null, Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

export function structuredClone(value, options) {
  if (arguments.length === 0) throw late("node/node_error").typeError("ERR_MISSING_ARGS", 'The "value" argument must be specified');
  const seen = new MapCtor();
  const transfer = options?.transfer;
  // What is moved is taken away once all is copied.
  const moved = [];
  if (transfer !== undefined) for (const each of transfer) append(moved, each);
  for (let i = 0; i < moved.length; i++) if (ops.kind_of(moved[i]) !== "ArrayBuffer") throw refuse("Found invalid value in transferList.", "");
  const copied = copy(value, seen);
  for (let i = 0; i < moved.length; i++) detach(moved[i]);
  return copied;
}

function refuse(value, rest = " could not be cloned.") {
  // Read when there is something to refuse.
  const { DOMException } = late("node/dom_exception");
  return new DOMException(`${StringCtor(value)}${rest}`, "DataCloneError");
}

function copyOfException(value) {
  const { DOMException } = late("node/dom_exception");
  const made = new DOMException(value.message, value.name);
  made.stack = `${value.stack}`;
  return made;
}

// What a Blob holds never changes.
function copyOfBlob(value) {
  const { Blob, File } = late("node/blob");
  if (value instanceof File) return new File([value], value.name, { type: value.type, lastModified: value.lastModified });
  return value instanceof Blob ? new Blob([value], { type: value.type }) : undefined;
}

function copy(value, seen) {
  if (typeof value === "function" || typeof value === "symbol") throw refuse(value);
  if (typeof value !== "object" || value === null) return value;
  const known = mapGet(seen, value);
  if (known !== undefined) return known;
  if (ops.is_proxy(value)) throw refuse("#<Object>");
  const kind = ops.kind_of(value);
  const remember = (made) => {
    mapSet(seen, value, made);
    return made;
  };
  switch (kind) {
    case "Boolean": case "Number": case "String": case "BigInt": return remember(ObjectCtor(value.valueOf()));
    case "Date": return remember(new DateCtor(getTime(value)));
    case "RegExp": return remember(new RegExpCtor(value.source, value.flags));
    case "ArrayBuffer": return remember(slice(value, 0));
    case "Map": {
      const made = remember(new MapCtor());
      mapForEach(value, (item, key) => { mapSet(made, copy(key, seen), copy(item, seen)); });
      return made;
    }
    case "Set": {
      const made = remember(new SetCtor());
      setForEach(value, (item) => { setAdd(made, copy(item, seen)); });
      return made;
    }
    case "Error": {
      if (value[toStringTag] === "DOMException") return remember(copyOfException(value));
      const made = remember(new (errors[value.name] ?? ErrorCtor)(value.message));
      made.stack = `${value.stack}`;
      if (hasOwn(value, "cause")) defineProperty(made, "cause", { value: copy(value.cause, seen), writable: true, configurable: true, enumerable: false });
      return made;
    }
    case "Promise": case "WeakMap": case "WeakSet": case "WeakRef": throw refuse(`#<${kind}>`);
    case "Generator": case "AsyncGenerator": throw refuse(`[object ${kind}]`);
    case "Arguments": throw refuse("#<Object>");
    default:
  }
  if (isView(value)) {
    const buffer = copy(value.buffer, seen);
    const Class = views[kind] ?? value.constructor;
    return remember(new Class(buffer, value.byteOffset, kind === "DataView" ? value.byteLength : value.length));
  }
  const tag = value[toStringTag];
  if (tag === "Blob" || tag === "File") {
    const made = copyOfBlob(value);
    if (made !== undefined) return remember(made);
  }
  const made = remember(isArray(value) ? [] : {});
  if (isArray(value)) made.length = value.length;
  const names = keys(value);
  for (let i = 0; i < names.length; i++) {
    const item = copy(value[names[i]], seen);
    defineProperty(made, names[i], { value: item, writable: true, enumerable: true, configurable: true });
  }
  return made;
}
