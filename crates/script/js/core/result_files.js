// Buffers become files of the job, where it wants that: all of a job for today's Puppeteer, large ones of others. Results have
// { file, bytes } then.
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

// Results that are nested deeper are refused.
const DEEPEST = 128;

export function keepBuffersAsFiles(results) {
  const fewest = ops.results_file_bytes();
  if (fewest !== undefined && fewest !== null) walk(results, [], new SetCtor(), fewest);
}

function walk(value, path, seen, fewest) {
  if (typeof value !== "object" || value === null || path.length > DEEPEST || ops.is_proxy(value) || has(seen, value)) return;
  add(seen, value);
  if (isView(value)) {
    if (ops.kind_of(value) === "Uint8Array" && bytesOf(value) >= fewest) keep(value, path);
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
    walk(own, place, seen, fewest);
  }
}

function keep(buffer, path) {
  const reference = ops.results_file(path, buffer);
  // Wherever the results have it.
  defineProperty(buffer, "toJSON", { value: () => reference, configurable: true });
}
