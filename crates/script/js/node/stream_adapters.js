// Node's streams as the web's, and the other way round.
import { Buffer } from "internal:node/buffer";
import { Readable } from "internal:node/stream_readable";
import { Writable } from "internal:node/stream_writable";
import { ReadableStream } from "internal:web/readable_stream";
import { WritableStream } from "internal:web/writable_stream";

export const isWebReadable = (value) => typeof value === "object" && value !== null && typeof value.getReader === "function";
export const isWebWritable = (value) => typeof value === "object" && value !== null && typeof value.getWriter === "function";

export function fromWeb(stream, options = {}) {
  const reader = stream.getReader();
  const { encoding, objectMode = false, highWaterMark, signal } = options;
  return new Readable({
    encoding, objectMode, highWaterMark, signal,
    read() {
      reader.read().then(({ value, done }) => {
        if (done) this.push(null);
        else this.push(objectMode || typeof value === "string" ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength));
      }, (error) => this.destroy(error));
    },
    destroy(error, callback) {
      const done = () => callback(error);
      reader.closed.then(done, done);
      reader.cancel(error ?? undefined).catch(() => {});
    },
  });
}

export function fromWebWritable(stream, options = {}) {
  const writer = stream.getWriter();
  writer.closed.catch(() => {});
  const { objectMode = false, highWaterMark } = options;
  return new Writable({
    objectMode, highWaterMark,
    write(chunk, encoding, done) { writer.write(chunk).then(() => done(), done); },
    final(done) { writer.close().then(() => done(), done); },
    destroy(error, callback) {
      if (error) writer.abort(error).catch(() => {});
      callback(error);
    },
  });
}

// Tells the end of a stream, once.
function watchEnd(stream, tell) {
  let over = false;
  const done = (error) => {
    if (over) return;
    over = true;
    tell(error);
  };
  stream.on("end", () => done());
  stream.on("finish", () => done());
  stream.on("error", done);
  stream.on("close", () => done());
}

export function toWeb(readable) {
  let control;
  readable.on("data", (chunk) => {
    if (Buffer.isBuffer(chunk)) control.enqueue(new Uint8Array(chunk));
    else control.enqueue(chunk);
    if (control.desiredSize <= 0) readable.pause();
  });
  readable.pause();
  watchEnd(readable, (error) => {
    if (error) control.error(error);
    else control.close();
  });
  return new ReadableStream({
    start(controller) { control = controller; },
    pull() { readable.resume(); },
    cancel(reason) { readable.destroy(reason); },
  });
}

export function toWebWritable(writable) {
  return new WritableStream({
    write: (chunk) => new Promise((resolve, reject) => { writable.write(chunk, (error) => (error ? reject(error) : resolve())); }),
    close: () => new Promise((resolve, reject) => {
      watchEnd(writable, (error) => (error ? reject(error) : resolve()));
      writable.end();
    }),
    abort: (reason) => { writable.destroy(reason); },
  });
}
