// structuredClone: deep copies of data, cycles included.
import { ops } from "internal:core/ops";
import {
  ArrayBufferCtor, DateCtor, ErrorCtor, MapCtor, ObjectCtor, RegExpCtor, SetCtor, defineProperty, isArray,
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

const errors = { __proto__: null, Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

export function structuredClone(value) {
  return copy(value, new MapCtor());
}

function refuse(value) {
  const error = new ErrorCtor(`${typeof value === "symbol" ? "a symbol" : value} could not be cloned.`);
  error.name = "DataCloneError";
  return error;
}

function copy(value, seen) {
  if (typeof value === "function" || typeof value === "symbol") throw refuse(value);
  if (typeof value !== "object" || value === null) return value;
  const known = mapGet(seen, value);
  if (known !== undefined) return known;
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
      const made = remember(new (errors[value.name] ?? ErrorCtor)(value.message));
      made.stack = `${value.stack}`;
      return made;
    }
    case "Promise": case "WeakMap": case "WeakSet": case "WeakRef": throw refuse(`#<${kind}>`);
    default:
  }
  if (isView(value)) {
    const buffer = copy(value.buffer, seen);
    const Class = value.constructor;
    return remember(new Class(buffer, value.byteOffset, kind === "DataView" ? value.byteLength : value.length));
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
