// Bytes that are there, in the shape of a stream: to be read by a reader or a loop.
import { ErrorCtor, Uint8ArrayCtor, uncurryThis } from "internal:core/primordials";

const CHUNK = 1 << 16;
const subarray = uncurryThis(Uint8ArrayCtor.prototype.subarray);

// Of the job's own ReadableStream, if it has one.
export function byteStream(bytes) {
  const Stream = globalThis.ReadableStream;
  if (typeof Stream !== "function") return new ByteStream(bytes);
  let at = 0;
  return new Stream({
    pull(controller) {
      const chunk = subarray(bytes, at, at += CHUNK);
      if (chunk.length > 0) controller.enqueue(chunk);
      else controller.close();
    },
  });
}

class ByteStream {
  #bytes;
  #locked = false;

  constructor(bytes) { this.#bytes = bytes; }
  get locked() { return this.#locked; }

  getReader() {
    if (this.#locked) throw new ErrorCtor("the stream is locked to a reader");
    this.#locked = true;
    const stream = this;
    return {
      async read() { return stream.#next(); },
      releaseLock() { stream.#locked = false; },
      async cancel() { await stream.cancel(); },
    };
  }

  async cancel() { this.#bytes = subarray(this.#bytes, 0, 0); }

  async *[Symbol.asyncIterator]() {
    for (let next = this.#next(); !next.done; next = this.#next()) yield next.value;
  }

  #next() {
    if (this.#bytes.length === 0) return { done: true, value: undefined };
    const value = subarray(this.#bytes, 0, CHUNK);
    this.#bytes = subarray(this.#bytes, CHUNK);
    return { done: false, value };
  }
}
