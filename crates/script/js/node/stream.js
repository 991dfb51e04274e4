// Node's stream, as far as scripts write and read files with it.
import { append, remove } from "internal:core/arrays";
import { Buffer } from "internal:node/buffer";
import { EventEmitter } from "internal:node/events";
import { ErrorCtor, PromiseCtor, SymbolCtor, apply } from "internal:core/primordials";
import { queueMicrotask } from "internal:node/timers";

const ended = () => new ErrorCtor("write after end");

// A stream of either kind.
function destroy(stream, error) {
  if (stream.destroyed) return stream;
  stream.destroyed = true;
  queueMicrotask(() => {
    if (error) stream.emit("error", error);
    stream.emit("close");
  });
  return stream;
}

// Takes chunks one after the other: `write(chunk, encoding, done)`, then `final(done)`.
export class Writable extends EventEmitter {
  #waiting = [];
  #busy = false;
  #ending = false;
  constructor(options = {}) {
    super();
    this.writable = true;
    this.writableEnded = false;
    this.writableFinished = false;
    this.destroyed = false;
    if (typeof options.write === "function") this._write = options.write;
    if (typeof options.final === "function") this._final = options.final;
  }
  _write(chunk, encoding, done) { done(); }
  _final(done) { done(); }
  write(chunk, encoding, callback) {
    const done = typeof encoding === "function" ? encoding : callback;
    if (this.#ending) {
      this.destroy(ended());
      return false;
    }
    append(this.#waiting, { chunk: typeof chunk === "string" ? Buffer.from(chunk, typeof encoding === "string" ? encoding : "utf8") : chunk, done });
    this.#next();
    return true;
  }
  end(chunk, encoding, callback) {
    const done = typeof chunk === "function" ? chunk : typeof encoding === "function" ? encoding : callback;
    if (chunk !== undefined && chunk !== null && typeof chunk !== "function") this.write(chunk, encoding);
    if (typeof done === "function") this.once("finish", done);
    this.#ending = true;
    this.writable = false;
    this.writableEnded = true;
    this.#next();
    return this;
  }
  #next() {
    if (this.#busy || this.destroyed) return;
    const [first] = this.#waiting;
    const finishing = first === undefined;
    if (finishing && (!this.#ending || this.writableFinished)) return;
    this.#busy = true;
    const done = (error) => queueMicrotask(() => {
      this.#busy = false;
      if (error) return this.destroy(error);
      first?.done?.();
      if (finishing) {
        this.writableFinished = true;
        this.emit("finish");
        this.destroy();
      } else if (this.#waiting.length === 0 && !this.#ending) this.emit("drain");
      this.#next();
    });
    if (finishing) return this._final(done);
    remove(this.#waiting, 0, 1);
    this._write(first.chunk, "buffer", done);
  }
  destroy(error) { return destroy(this, error); }
  cork() {}
  uncork() {}
  setDefaultEncoding() { return this; }
}

// Gives chunks to whoever listens for `data`, iterates or pipes.
export class Readable extends EventEmitter {
  #chunks = [];
  #done = false;
  #flowing = false;
  #reading = false;
  #encoding;
  #wake;
  constructor(options = {}) {
    super();
    this.readable = true;
    this.readableEnded = false;
    this.destroyed = false;
    if (typeof options.read === "function") this._read = options.read;
    if (options.encoding) this.#encoding = options.encoding;
  }
  static from(items) {
    const readable = new Readable();
    (async () => {
      if (typeof items === "string" || Buffer.isBuffer(items)) readable.push(items);
      else for await (const item of items) readable.push(item);
      readable.push(null);
    })().catch((error) => readable.destroy(error));
    return readable;
  }
  _read() {}
  push(chunk) {
    if (chunk === null) this.#done = true;
    else append(this.#chunks, this.#encoding && typeof chunk !== "string" ? chunk.toString(this.#encoding) : chunk);
    this.#wake?.();
    // What is asked for goes to whoever asked.
    if (this.#flowing && !this.#reading) this.#flow();
    return true;
  }
  setEncoding(encoding) {
    this.#encoding = encoding;
    return this;
  }
  on(name, listener) {
    super.on(name, listener);
    if (name === "data") this.resume();
    return this;
  }
  resume() {
    if (!this.#flowing) {
      this.#flowing = true;
      queueMicrotask(() => this.#flow());
    }
    return this;
  }
  pause() {
    this.#flowing = false;
    return this;
  }
  #take() {
    if (this.#chunks.length === 0 && !this.#done) {
      this.#reading = true;
      try {
        this._read(65536);
      } finally {
        this.#reading = false;
      }
    }
    if (this.#chunks.length === 0) return undefined;
    const [chunk] = this.#chunks;
    remove(this.#chunks, 0, 1);
    return chunk;
  }
  #flow() {
    while (this.#flowing && !this.destroyed) {
      const chunk = this.#take();
      if (chunk === undefined) break;
      this.emit("data", chunk);
    }
    if (this.#flowing && this.#done && this.#chunks.length === 0) this.#finish();
  }
  #finish() {
    if (this.readableEnded) return;
    this.readableEnded = true;
    this.emit("end");
    this.destroy();
  }
  pipe(target) {
    this.on("data", (chunk) => target.write(chunk));
    this.on("end", () => target.end());
    return target;
  }
  async *[SymbolCtor.asyncIterator]() {
    let failed;
    this.on("error", (error) => {
      failed = error;
      this.#wake?.();
    });
    for (;;) {
      if (failed !== undefined) throw failed;
      const chunk = this.#take();
      if (chunk !== undefined) yield chunk;
      else if (this.#done) break;
      else await new PromiseCtor((resolve) => { this.#wake = resolve; });
    }
    this.#finish();
  }
  destroy(error) { return destroy(this, error); }
}

// Both at once: what is written comes out changed.
export class Transform extends Writable {
  #out = new Readable();
  constructor(options = {}) {
    super(options);
    if (typeof options.transform === "function") this._transform = options.transform;
    if (typeof options.flush === "function") this._flush = options.flush;
  }
  _transform(chunk, encoding, done) { done(null, chunk); }
  _flush(done) { done(); }
  push(chunk) { return this.#out.push(chunk); }
  _write(chunk, encoding, done) {
    apply(this._transform, this, [chunk, encoding, (error, value) => {
      if (value !== undefined && value !== null) this.push(value);
      done(error);
    }]);
  }
  _final(done) {
    apply(this._flush, this, [(error, value) => {
      if (value !== undefined && value !== null) this.push(value);
      this.push(null);
      done(error);
    }]);
  }
  on(name, listener) {
    if (name === "data" || name === "end") this.#out.on(name, listener);
    else super.on(name, listener);
    return this;
  }
  pipe(target) { return this.#out.pipe(target); }
  [SymbolCtor.asyncIterator]() { return this.#out[SymbolCtor.asyncIterator](); }
}

export class PassThrough extends Transform {}

// Resolves when a stream has come to its end.
export function finished(stream) {
  return new PromiseCtor((resolve, reject) => {
    stream.on("error", reject);
    stream.on("finish", resolve);
    if (!(stream instanceof Writable)) stream.on("end", resolve);
  });
}

export async function pipeline(...streams) {
  const last = streams[streams.length - 1];
  const callback = typeof last === "function" && streams.length > 2 && !(last instanceof Writable) ? streams.pop() : undefined;
  const run = async () => {
    const source = streams[0];
    let current = typeof source.pipe === "function" ? source : Readable.from(typeof source === "function" ? source() : source);
    const failed = new PromiseCtor((_, reject) => {
      for (let i = 0; i < streams.length; i++) streams[i].on?.("error", reject);
    });
    failed.catch(() => {});
    for (let i = 1; i < streams.length; i++) {
      current = typeof streams[i] === "function" ? Readable.from(streams[i](current)) : current.pipe(streams[i]);
    }
    await PromiseCtor.race([finished(current), failed]);
  };
  if (callback === undefined) return run();
  run().then(() => callback(), callback);
}

const promises = { pipeline, finished };
const Stream = EventEmitter;
export default {
  Stream, Readable, Writable, Transform, PassThrough, Duplex: Transform, promises,
  pipeline: (...streams) => { pipeline(...streams); return streams[streams.length - 2]; },
  finished: (stream, callback) => { finished(stream).then(() => callback(), callback); },
};
export { promises };
