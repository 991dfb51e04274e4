// Buffers become files of the job, where it wants that: all of a job for today's Puppeteer, large ones of others. Results have
// { file, bytes } then.
import { ops } from "internal:core/ops";
import {
  Uint8ArrayCtor, defineProperty, getOwnPropertyDescriptor, getPrototypeOf, uncurryThis,
} from "internal:core/primordials";

const typed = getPrototypeOf(Uint8ArrayCtor).prototype;
const bytesOf = uncurryThis(getOwnPropertyDescriptor(typed, "byteLength").get);

// A function of a view of bytes and its path in the results, which makes a file of a Buffer; undefined when none becomes one.
export function fileKeeper() {
  const fewest = ops.results_file_bytes();
  if (fewest === undefined || fewest === null) return undefined;
  return (view, path) => {
    if (ops.kind_of(view) === "Uint8Array" && bytesOf(view) >= fewest) keep(view, path);
  };
}

function keep(buffer, path) {
  const reference = ops.results_file(path, buffer);
  // Wherever the results have it.
  defineProperty(buffer, "toJSON", { value: () => reference, configurable: true });
}
