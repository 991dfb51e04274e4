// Readable.from.
import { Buffer } from "internal:node/buffer";
import { invalidArgument, withCode } from "internal:node/node_error";
import { Readable } from "internal:node/stream_readable";
import { SymbolCtor, TypeErrorCtor } from "internal:core/primordials";
import { queueMicrotask } from "internal:node/timers";

// A stream of what something iterates over.
export function from(items, options) {
  const isOne = typeof items === "string" || Buffer.isBuffer(items);
  const later = items?.[SymbolCtor.asyncIterator]?.();
  const steps = later ?? (isOne ? undefined : items?.[SymbolCtor.iterator]?.());
  if (isOne) {
    return new Readable({
      objectMode: true, ...options,
      read() {
        this.push(items);
        this.push(null);
      },
    });
  }
  if (steps === undefined) throw invalidArgument('"iterable" argument', "an instance of Iterable", items);
  const readable = new Readable({ objectMode: true, highWaterMark: 1, ...options });
  let reading = false;
  readable._read = () => {
    if (!reading) {
      reading = true;
      more();
    }
  };
  readable._destroy = (error, callback) => {
    const leave = async () => {
      if (error && typeof steps.throw === "function") {
        const { value, done } = await steps.throw(error);
        await value;
        if (done) return;
      }
      if (typeof steps.return === "function") await (await steps.return()).value;
    };
    leave().then(() => queueMicrotask(() => callback(error)), (failed) => queueMicrotask(() => callback(failed ?? error)));
  };
  async function more() {
    for (;;) {
      try {
        const { value, done } = later === undefined ? steps.next() : await steps.next();
        if (done) {
          readable.push(null);
          return;
        }
        const chunk = typeof value?.then === "function" ? await value : value;
        if (chunk === null) throw withCode("ERR_STREAM_NULL_VALUES", "May not write null values to stream", TypeErrorCtor);
        if (!readable.push(chunk)) {
          reading = false;
          return;
        }
      } catch (error) {
        readable.destroy(error);
        return;
      }
    }
  }
  return readable;
}
