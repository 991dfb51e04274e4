// Whether two values are the same in depth, as Node's assert and util see it.
import { ops } from "internal:core/ops";
import {
  DateCtor, MapCtor, RegExpCtor, SetCtor, getPrototypeOf, is, isArray, keys, uncurryThis,
} from "internal:core/primordials";

const mapGet = uncurryThis(MapCtor.prototype.get);
const mapSet = uncurryThis(MapCtor.prototype.set);
const mapHas = uncurryThis(MapCtor.prototype.has);
const setHas = uncurryThis(SetCtor.prototype.has);
const getTime = uncurryThis(DateCtor.prototype.getTime);
const regExpText = uncurryThis(RegExpCtor.prototype.toString);
const hasOwn = uncurryThis(Object.prototype.hasOwnProperty);
const { isView } = ArrayBuffer;
const BOXED = { __proto__: null, Number: true, String: true, Boolean: true, BigInt: true, Symbol: true };

export function deepEqual(a, b, strict) { return equal(a, b, strict, new MapCtor()); }

function equal(a, b, strict, seen) {
  if (strict ? is(a, b) : a == b || (a !== a && b !== b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (strict && getPrototypeOf(a) !== getPrototypeOf(b)) return false;
  const kind = ops.kind_of(a);
  if (kind !== ops.kind_of(b) || isArray(a) !== isArray(b)) return false;
  // Within a circle the two are the same so far.
  if (mapGet(seen, a) === b) return true;
  mapSet(seen, a, b);
  if (kind === "Date" && !is(getTime(a), getTime(b))) return false;
  if (kind === "RegExp" && (regExpText(a) !== regExpText(b) || a.lastIndex !== b.lastIndex)) return false;
  if (kind === "Error" && (a.message !== b.message || a.name !== b.name)) return false;
  if (BOXED[kind] && !is(a.valueOf(), b.valueOf())) return false;
  if (isView(a) && (a.byteLength !== b.byteLength || !sameItems(a, b))) return false;
  if (isArray(a) && a.length !== b.length) return false;
  if (kind === "Map" && !sameMaps(a, b, strict, seen)) return false;
  if (kind === "Set" && !sameSets(a, b, strict, seen)) return false;
  return sameMembers(a, b, strict, seen);
}

function sameItems(a, b) {
  for (let i = 0; i < a.length; i++) if (!is(a[i], b[i])) return false;
  return true;
}

function sameMembers(a, b, strict, seen) {
  if (isView(a)) return true;
  const names = keys(a);
  if (names.length !== keys(b).length) return false;
  for (let i = 0; i < names.length; i++) {
    if (!hasOwn(b, names[i]) || !equal(a[names[i]], b[names[i]], strict, seen)) return false;
  }
  return true;
}

function sameMaps(a, b, strict, seen) {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) {
    if (mapHas(b, key)) {
      if (!equal(value, mapGet(b, key), strict, seen)) return false;
    } else {
      let found = false;
      for (const [other, item] of b) found ||= equal(key, other, strict, seen) && equal(value, item, strict, seen);
      if (!found) return false;
    }
  }
  return true;
}

function sameSets(a, b, strict, seen) {
  if (a.size !== b.size) return false;
  for (const value of a) {
    let found = setHas(b, value);
    if (!found) for (const other of b) found ||= equal(value, other, strict, seen);
    if (!found) return false;
  }
  return true;
}
