// ReadableStream of the Streams Standard, with readers, iteration, tee and pipes.
import { prepend } from "internal:core/arrays";
import { quietly } from "internal:puppeteer/disposal";
import {
  ArrayBufferCtor, RangeErrorCtor, SymbolCtor, TypeErrorCtor, Uint8ArrayCtor, apply, getPrototypeOf, min, setPrototypeOf,
  uncurryThis,
} from "internal:core/primordials";
import { pipe, tee } from "internal:web/readable_pipe";
import { ReadableStreamDefaultController, cancel, controllerOf, fail, pull, read } from "internal:web/readable_state";
import { callbackOf, deferred, run, strategyOf } from "internal:web/stream_parts";

export { ReadableStreamDefaultController };

const { isView } = ArrayBufferCtor;
const set = uncurryThis(Uint8ArrayCtor.prototype.set);
const AsyncIteratorPrototype = getPrototypeOf(getPrototypeOf(async function* () {}.prototype));

let stateOf, readerState;

const released = () => new TypeErrorCtor("Invalid state: The reader was released");

export class ReadableStreamDefaultReader {
  #state = { __proto__: null, stream: undefined, requests: [], closed: deferred() };
  static { readerState = (reader) => reader.#state; }
  constructor(stream) {
    const state = stateOf(stream);
    if (state.reader !== null) throw new TypeErrorCtor("Invalid state: ReadableStream is locked");
    this.#state.stream = state;
    state.reader = this.#state;
    if (state.status === "closed") this.#state.closed.resolve(undefined);
    if (state.status === "errored") this.#state.closed.reject(state.error);
  }
  get closed() { return this.#state.closed.promise; }
  async read() {
    if (this.#state.stream === undefined) throw released();
    return read(this.#state.stream);
  }
  async cancel(reason) {
    if (this.#state.stream === undefined) throw released();
    return cancel(this.#state.stream, reason);
  }
  releaseLock() {
    const { stream, requests, closed } = this.#state;
    if (stream === undefined) return;
    const error = released();
    for (let i = 0; i < requests.length; i++) requests[i].reject(error);
    requests.length = 0;
    closed.reject(error);
    if (stream.status !== "readable") {
      this.#state.closed = deferred();
      this.#state.closed.reject(error);
    }
    stream.reader = null;
    this.#state.stream = undefined;
  }
  get [SymbolCtor.toStringTag]() { return "ReadableStreamDefaultReader"; }
}

export class ReadableStreamBYOBReader extends ReadableStreamDefaultReader {
  constructor(stream) {
    if (!stateOf(stream).bytes) throw new TypeErrorCtor("The stream is not one of bytes");
    super(stream);
  }
  // Fills the view with what is there, at least one byte.
  async read(view) {
    if (!isView(view)) throw new TypeErrorCtor('The "view" argument must be an instance of ArrayBufferView');
    if (view.byteLength === 0) throw new TypeErrorCtor("The view has no room");
    const { stream } = readerState(this);
    const { value, done } = await super.read();
    const room = new Uint8ArrayCtor(view.buffer, view.byteOffset, view.byteLength);
    if (done) return { value: room.subarray(0, 0), done: true };
    const count = min(value.length, room.length);
    set(room, value.subarray(0, count));
    if (count < value.length) {
      prepend(stream.queue, { value: value.subarray(count), size: value.length - count });
      stream.size += value.length - count;
    }
    return { value: room.subarray(0, count), done: false };
  }
  get [SymbolCtor.toStringTag]() { return "ReadableStreamBYOBReader"; }
}

export class ReadableStream {
  #state;
  static {
    stateOf = (stream) => {
      if (typeof stream !== "object" || stream === null || !(#state in stream)) {
        throw new TypeErrorCtor('The "stream" argument must be an instance of ReadableStream');
      }
      return stream.#state;
    };
  }
  constructor(source = {}, strategy = {}) {
    const object = source ?? {};
    const bytes = object.type !== undefined;
    if (bytes && `${object.type}` !== "bytes") throw new RangeErrorCtor(`The source's type ${object.type} is not "bytes"`);
    const { mark, sizeOf } = strategyOf(strategy, bytes ? 0 : 1);
    const state = {
      __proto__: null, status: "readable", error: undefined, reader: null, queue: [], size: 0, mark, sizeOf, bytes, disturbed: false,
      started: false, pulling: false, again: false, closing: false, controller: undefined,
      pull: callbackOf(object, "pull"), cancel: callbackOf(object, "cancel"),
    };
    this.#state = state;
    state.controller = controllerOf(state);
    const answer = callbackOf(object, "start")?.(state.controller);
    run(() => answer, () => {
      state.started = true;
      pull(state);
    }, (error) => fail(state, error));
  }

  static from(items) {
    const iterable = items?.[SymbolCtor.asyncIterator] ?? items?.[SymbolCtor.iterator];
    if (typeof iterable !== "function") throw new TypeErrorCtor('The "iterable" argument must be an instance of Iterable');
    const iterator = apply(iterable, items, []);
    return new ReadableStream({
      async pull(controller) {
        const { value, done } = await iterator.next();
        if (done) controller.close();
        else controller.enqueue(await value);
      },
      async cancel(reason) { await iterator.return?.(reason); },
    }, { highWaterMark: 0 });
  }

  get locked() { return this.#state.reader !== null; }
  async cancel(reason) {
    if (this.locked) throw new TypeErrorCtor("Invalid state: ReadableStream is locked");
    return cancel(this.#state, reason);
  }
  getReader(options = undefined) {
    const mode = options?.mode;
    if (mode === undefined) return new ReadableStreamDefaultReader(this);
    if (`${mode}` !== "byob") throw new TypeErrorCtor(`The mode ${mode} is not "byob"`);
    return new ReadableStreamBYOBReader(this);
  }
  tee() { return tee(this, this.#state.bytes, ReadableStream); }
  pipeThrough(transform, options = {}) {
    if (this.locked) throw new TypeErrorCtor("Invalid state: ReadableStream is locked");
    quietly(this.pipeTo(transform.writable, options));
    return transform.readable;
  }
  async pipeTo(target, options = {}) {
    if (this.locked) throw new TypeErrorCtor("Invalid state: ReadableStream is locked");
    if (target.locked) throw new TypeErrorCtor("Invalid state: WritableStream is locked");
    return pipe(this.getReader(), target.getWriter(), options ?? {});
  }
  values({ preventCancel = false } = {}) { return new StreamIterator(this.getReader(), preventCancel); }
  [SymbolCtor.asyncIterator](options) { return this.values(options); }
  get [SymbolCtor.toStringTag]() { return "ReadableStream"; }
}

// Whether something was read of it.
export const isDisturbed = (stream) => stateOf(stream).disturbed;

// The bytes of a Buffer, in one piece.
export const streamOfBytes = (bytes) => new ReadableStream({
  type: "bytes",
  pull(controller) {
    if (bytes.length > 0) controller.enqueue(new Uint8ArrayCtor(bytes));
    controller.close();
  },
});

class StreamIterator {
  #reader; #preventCancel; #over = false;
  constructor(reader, preventCancel) {
    this.#reader = reader;
    this.#preventCancel = preventCancel;
  }
  async next() {
    if (this.#over) return { value: undefined, done: true };
    try {
      const result = await this.#reader.read();
      if (result.done) this.#end();
      return result;
    } catch (error) {
      this.#end();
      throw error;
    }
  }
  async return(value) {
    if (!this.#over) {
      const cancelled = this.#preventCancel ? undefined : this.#reader.cancel(value);
      this.#end();
      await cancelled;
    }
    return { value, done: true };
  }
  #end() {
    this.#over = true;
    this.#reader.releaseLock();
  }
}
setPrototypeOf(StreamIterator.prototype, AsyncIteratorPrototype);
