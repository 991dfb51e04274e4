// WritableStream of the Streams Standard.
import { append, remove } from "internal:core/arrays";
import { AbortController } from "internal:node/abort";
import { callbackOf, deferred, run, strategyOf } from "internal:web/stream_parts";
import { SymbolCtor, TypeErrorCtor } from "internal:core/primordials";

let make, stateOf;
let allowed = false;

export class WritableStreamDefaultController {
  #state; #abort;
  static {
    make = (state) => {
      allowed = true;
      const controller = new WritableStreamDefaultController();
      controller.#state = state;
      state.abortSignal = (reason) => controller.#abort?.abort(reason);
      return controller;
    };
  }
  constructor() {
    if (!allowed) throw new TypeErrorCtor("Illegal constructor");
    allowed = false;
  }
  get signal() { return (this.#abort ??= new AbortController()).signal; }
  error(reason) { fail(this.#state, reason); }
  get [SymbolCtor.toStringTag]() { return "WritableStreamDefaultController"; }
}

const room = (state) => state.mark - state.size;

// The next chunk, or the end, goes to the sink when it has taken the one before.
function advance(state) {
  if (!state.started || state.busy || state.status !== "writable") return;
  const [first] = state.queue;
  if (first === undefined && state.closing === undefined) return;
  state.busy = true;
  if (first === undefined) {
    run(() => state.close?.(), () => {
      if (state.status !== "writable") return;
      state.status = "closed";
      state.closing.resolve(undefined);
      state.closed.resolve(undefined);
    }, (error) => fail(state, error));
    return;
  }
  run(() => state.write?.(first.chunk, state.controller), () => {
    state.busy = false;
    if (state.status !== "writable") {
      first.written.reject(state.error);
      return;
    }
    remove(state.queue, 0, 1);
    state.size -= first.size;
    first.written.resolve(undefined);
    if (room(state) > 0) state.ready.resolve(undefined);
    advance(state);
  }, (error) => {
    state.busy = false;
    first.written.reject(error);
    fail(state, error);
  });
}

function fail(state, reason) {
  if (state.status !== "writable") return;
  state.status = "errored";
  state.error = reason;
  // The chunk that the sink has is settled by the sink.
  for (let i = state.busy ? 1 : 0; i < state.queue.length; i++) state.queue[i].written.reject(reason);
  state.queue = [];
  state.closing?.reject(reason);
  state.closed.reject(reason);
  state.ready.reject(reason);
  state.ready = deferred();
  state.ready.reject(reason);
}

async function abort(state, reason) {
  if (state.status !== "writable") return;
  state.abortSignal(reason);
  fail(state, reason);
  await state.abort?.(reason);
}

async function close(state) {
  if (state.status === "errored") throw state.error;
  if (state.closing !== undefined || state.status === "closed") throw new TypeErrorCtor("Invalid state: The stream is closing or closed");
  state.closing = deferred();
  state.ready.resolve(undefined);
  advance(state);
  return state.closing.promise;
}

async function write(state, chunk) {
  if (state.status === "errored") throw state.error;
  if (state.closing !== undefined || state.status === "closed") throw new TypeErrorCtor("Invalid state: The stream is closing or closed");
  let size;
  try {
    size = state.sizeOf(chunk);
  } catch (error) {
    fail(state, error);
    throw error;
  }
  const written = deferred();
  append(state.queue, { chunk, size, written });
  state.size += size;
  if (room(state) <= 0) state.ready = deferred();
  advance(state);
  return written.promise;
}

const released = () => new TypeErrorCtor("Invalid state: The writer was released");

export class WritableStreamDefaultWriter {
  #stream; #released;
  constructor(stream) {
    const state = stateOf(stream);
    if (state.writer !== null) throw new TypeErrorCtor("Invalid state: WritableStream is locked");
    state.writer = this;
    this.#stream = state;
  }
  #state() {
    if (this.#stream === undefined) throw released();
    return this.#stream;
  }
  get closed() { return this.#released ?? this.#state().closed.promise; }
  get ready() { return this.#released ?? this.#state().ready.promise; }
  get desiredSize() {
    const state = this.#state();
    if (state.status === "errored") return null;
    return state.status === "closed" ? 0 : room(state);
  }
  async write(chunk) { return write(this.#state(), chunk); }
  async close() { return close(this.#state()); }
  async abort(reason) { return abort(this.#state(), reason); }
  releaseLock() {
    if (this.#stream === undefined) return;
    const rejected = deferred();
    rejected.reject(released());
    this.#released = rejected.promise;
    this.#stream.writer = null;
    this.#stream = undefined;
  }
  get [SymbolCtor.toStringTag]() { return "WritableStreamDefaultWriter"; }
}

export class WritableStream {
  #state;
  static {
    stateOf = (stream) => {
      if (typeof stream !== "object" || stream === null || !(#state in stream)) {
        throw new TypeErrorCtor('The "stream" argument must be an instance of WritableStream');
      }
      return stream.#state;
    };
  }
  constructor(sink = {}, strategy = {}) {
    const object = sink ?? {};
    const { mark, sizeOf } = strategyOf(strategy, 1);
    const state = {
      __proto__: null, status: "writable", error: undefined, writer: null, queue: [], size: 0, mark, sizeOf, started: false, busy: false,
      closing: undefined, closed: deferred(), ready: deferred(), controller: undefined, abortSignal: undefined,
      write: callbackOf(object, "write"), close: callbackOf(object, "close"), abort: callbackOf(object, "abort"),
    };
    if (mark > 0) state.ready.resolve(undefined);
    this.#state = state;
    state.controller = make(state);
    const answer = callbackOf(object, "start")?.(state.controller);
    run(() => answer, () => {
      state.started = true;
      advance(state);
    }, (error) => fail(state, error));
  }
  // What a transform does: its readable side was cancelled or has failed.
  static fail(stream, reason) { fail(stateOf(stream), reason); }
  get locked() { return this.#state.writer !== null; }
  getWriter() { return new WritableStreamDefaultWriter(this); }
  async abort(reason) {
    if (this.locked) throw new TypeErrorCtor("Invalid state: WritableStream is locked");
    return abort(this.#state, reason);
  }
  async close() {
    if (this.locked) throw new TypeErrorCtor("Invalid state: WritableStream is locked");
    return close(this.#state);
  }
  get [SymbolCtor.toStringTag]() { return "WritableStream"; }
}
const { fail: failWritable } = WritableStream;
delete WritableStream.fail;
export { failWritable };
