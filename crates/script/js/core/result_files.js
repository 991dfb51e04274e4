// Buffers that are too large for results become files of the job, where the job wants that: results have { file, bytes } then.
import { append, copy } from "internal:core/arrays";
import { ops } from "internal:core/ops";
import {
  ArrayBufferCtor, SetCtor, Uint8ArrayCtor, defineProperty, getOwnPropertyDescriptor, getPrototypeOf, isArray, keys, uncurryThis,
} from "internal:core/primordials";

const { isView } = ArrayBufferCtor;
const typed = getPrototypeOf(Uint8ArrayCtor).prototype;
const bytesOf = uncurryThis(getOwnPropertyDescriptor(typed, "byteLength").get);
const has = uncurryThis(SetCtor.prototype.has);
const add = uncurryThis(SetCtor.prototype.add);

// Larger ones, in bytes, are no value that somebody reads in JSON.
const LARGE = 256 * 1024;
// Results that are nested deeper are refused.
const DEEPEST = 128;

export function keepLargeAsFiles(results) { walk(results, [], new SetCtor()); }

function walk(value, path, seen) {
  if (typeof value !== "object" || value === null || path.length > DEEPEST || ops.is_proxy(value) || has(seen, value)) return;
  add(seen, value);
  if (isView(value)) {
    if (ops.kind_of(value) === "Uint8Array" && bytesOf(value) > LARGE) keep(value, path);
    return;
  }
  // The items of an array by their number: a list of a million keys is not made for this.
  const names = isArray(value) ? undefined : keys(value);
  const { length } = names ?? value;
  for (let i = 0; i < length; i++) {
    const name = names === undefined ? i : names[i];
    // A getter is the script's own code: it runs once, when the results are written.
    const own = getOwnPropertyDescriptor(value, name)?.value;
    if (typeof own !== "object" || own === null) continue;
    const place = copy(path);
    append(place, `${name}`);
    walk(own, place, seen);
  }
}

function keep(buffer, path) {
  const reference = ops.results_file(path, buffer);
  // Wherever the results have it.
  defineProperty(buffer, "toJSON", { value: () => reference, configurable: true });
}
