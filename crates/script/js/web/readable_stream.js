// ReadableStream of the Streams Standard, with readers, iteration, tee and pipes.
import { append, prepend, remove } from "internal:core/arrays";
import {
  ArrayBufferCtor, PromiseCtor, RangeErrorCtor, SymbolCtor, TypeErrorCtor, Uint8ArrayCtor, apply, getPrototypeOf, min,
  numberIsNaN, setPrototypeOf, uncurryThis,
} from "internal:core/primordials";

const { isView } = ArrayBufferCtor;
const then = uncurryThis(PromiseCtor.prototype.then);
const set = uncurryThis(Uint8ArrayCtor.prototype.set);
const AsyncIteratorPrototype = getPrototypeOf(getPrototypeOf(async function* () {}.prototype));

export const ignore = () => {};
// A promise with what settles it. Nobody has to listen to it.
export function deferred() {
  const made = { __proto__: null };
  made.promise = new PromiseCtor((resolve, reject) => {
    made.resolve = resolve;
    made.reject = reject;
  });
  then(made.promise, undefined, ignore);
  return made;
}

// How many chunks, or what size of them, a stream keeps.
export function strategyOf(strategy, fallback) {
  const { size, highWaterMark = fallback } = strategy ?? {};
  if (size !== undefined && typeof size !== "function") throw new TypeErrorCtor("The strategy's size must be a function");
  const mark = +highWaterMark;
  if (numberIsNaN(mark) || mark < 0) throw new RangeErrorCtor("The strategy's highWaterMark must be a number that is not negative");
  return { mark, sizeOf: size === undefined ? () => 1 : (chunk) => +size(chunk) };
}

// A callback of a source, sink or transformer: undefined, or a function that is called on its object.
export function callbackOf(object, name) {
  const callback = object[name];
  if (callback === undefined) return undefined;
  if (typeof callback !== "function") throw new TypeErrorCtor(`${name} is not a function`);
  return (...args) => apply(callback, object, args);
}

let make, stateOf, readerState;
let allowed = false;

export class ReadableStreamDefaultController {
  #state;
  static {
    make = (state) => {
      allowed = true;
      const controller = new ReadableStreamDefaultController();
      controller.#state = state;
      return controller;
    };
  }
  constructor() {
    if (!allowed) throw new TypeErrorCtor("Illegal constructor");
    allowed = false;
  }
  get desiredSize() { return desired(this.#state); }
  get byobRequest() { return null; }
  enqueue(chunk) { enqueue(this.#state, chunk); }
  close() {
    const state = this.#state;
    if (state.closing || state.status !== "readable") throw new TypeErrorCtor("Invalid state: Controller is already closed");
    state.closing = true;
    if (state.queue.length === 0) finish(state);
  }
  error(reason) { fail(this.#state, reason); }
  get [SymbolCtor.toStringTag]() { return "ReadableStreamDefaultController"; }
}

function desired(state) {
  if (state.status === "errored") return null;
  return state.status === "closed" ? 0 : state.mark - state.size;
}

function enqueue(state, chunk) {
  if (state.closing || state.status !== "readable") throw new TypeErrorCtor("Invalid state: Controller is already closed");
  let value = chunk;
  if (state.bytes) {
    if (!isView(chunk)) throw new TypeErrorCtor('The "chunk" argument must be an instance of ArrayBufferView');
    if (chunk.byteLength === 0) throw new TypeErrorCtor("Invalid state: chunk must have non-zero length");
    value = new Uint8ArrayCtor(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
  const requests = state.reader === null ? undefined : readerState(state.reader).requests;
  if (requests !== undefined && requests.length > 0) {
    const [request] = requests;
    remove(requests, 0, 1);
    request.resolve({ value, done: false });
  } else {
    let size;
    try {
      size = state.bytes ? value.length : state.sizeOf(value);
      if (numberIsNaN(size) || size < 0) throw new RangeErrorCtor("The size of a chunk must be a number that is not negative");
    } catch (error) {
      fail(state, error);
      throw error;
    }
    append(state.queue, { value, size });
    state.size += size;
  }
  pull(state);
}

function pull(state) {
  if (state.status !== "readable" || state.closing || !state.started || state.pull === undefined) return;
  const waits = state.reader !== null && readerState(state.reader).requests.length > 0;
  if (!waits && desired(state) <= 0) return;
  if (state.pulling) {
    state.again = true;
    return;
  }
  state.pulling = true;
  run(() => state.pull(state.controller), () => {
    state.pulling = false;
    if (state.again) {
      state.again = false;
      pull(state);
    }
  }, (error) => fail(state, error));
}

// Calls it now; what it answers, or throws, is told later.
export function run(call, ended, failed) {
  let answer;
  try {
    answer = call();
  } catch (error) {
    answer = new PromiseCtor((_, reject) => reject(error));
  }
  return then(new PromiseCtor((resolve) => resolve(answer)), ended, failed);
}

function finish(state) {
  state.status = "closed";
  if (state.reader === null) return;
  const { requests, closed } = readerState(state.reader);
  for (let i = 0; i < requests.length; i++) requests[i].resolve({ value: undefined, done: true });
  requests.length = 0;
  closed.resolve(undefined);
}

function fail(state, reason) {
  if (state.status !== "readable") return;
  state.status = "errored";
  state.error = reason;
  state.queue = [];
  state.size = 0;
  if (state.reader === null) return;
  const { requests, closed } = readerState(state.reader);
  for (let i = 0; i < requests.length; i++) requests[i].reject(reason);
  requests.length = 0;
  closed.reject(reason);
}

async function cancel(state, reason) {
  state.disturbed = true;
  if (state.status === "closed") return;
  if (state.status === "errored") throw state.error;
  state.queue = [];
  state.size = 0;
  finish(state);
  await state.cancel?.(reason);
}

// One chunk out of the queue, or undefined.
function take(state) {
  if (state.queue.length === 0) return undefined;
  const [{ value, size }] = state.queue;
  remove(state.queue, 0, 1);
  state.size -= size;
  if (state.closing && state.queue.length === 0) finish(state);
  else pull(state);
  return { value, done: false };
}

function read(state) {
  state.disturbed = true;
  const request = deferred();
  const chunk = take(state);
  if (chunk !== undefined) request.resolve(chunk);
  else if (state.status === "closed") request.resolve({ value: undefined, done: true });
  else if (state.status === "errored") request.reject(state.error);
  else {
    append(readerState(state.reader).requests, request);
    pull(state);
  }
  return request.promise;
}

const released = () => new TypeErrorCtor("Invalid state: The reader was released");

export class ReadableStreamDefaultReader {
  #state = { __proto__: null, stream: undefined, requests: [], closed: deferred() };
  static { readerState = (reader) => reader.#state; }
  constructor(stream) {
    const state = stateOf(stream);
    if (state.reader !== null) throw new TypeErrorCtor("Invalid state: ReadableStream is locked");
    this.#state.stream = state;
    state.reader = this;
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
    state.controller = make(state);
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
  tee() { return tee(this, this.#state.bytes); }
  pipeThrough(transform, options = {}) {
    if (this.locked) throw new TypeErrorCtor("Invalid state: ReadableStream is locked");
    then(this.pipeTo(transform.writable, options), undefined, ignore);
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
export const isReadableStream = (value) => value instanceof ReadableStream;

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

// Two streams of what one gives. The faster one decides when more is read.
function tee(stream, bytes) {
  const reader = stream.getReader();
  const branches = [];
  const reasons = [];
  const cancelled = deferred();
  let reading = false;
  let over = false;
  const each = (call) => {
    for (let i = 0; i < branches.length; i++) if (!branches[i].over) call(branches[i].controller);
  };
  const next = async () => {
    if (reading || over) return;
    reading = true;
    try {
      const { value, done } = await reader.read();
      reading = false;
      over = done;
      each((controller) => {
        if (done) controller.close();
        else controller.enqueue(value);
      });
      if (done) cancelled.resolve(undefined);
    } catch (error) {
      over = true;
      each((controller) => controller.error(error));
      cancelled.resolve(undefined);
    }
  };
  const branch = (index) => new ReadableStream({
    type: bytes ? "bytes" : undefined,
    start(controller) { branches[index] = { controller, over: false }; },
    pull: next,
    cancel(reason) {
      branches[index].over = true;
      reasons[index] = reason;
      if (branches[1 - index].over) cancelled.resolve(reader.cancel(reasons));
      return cancelled.promise;
    },
  }, { highWaterMark: 0 });
  return [branch(0), branch(1)];
}

async function pipe(reader, writer, { preventClose, preventAbort, preventCancel, signal }) {
  const stopped = deferred();
  const stop = () => stopped.reject(signal.reason);
  // Whose error it was.
  let failed = "source";
  try {
    if (signal?.aborted) {
      failed = "signal";
      throw signal.reason;
    }
    signal?.addEventListener("abort", stop, { once: true });
    let last;
    for (;;) {
      failed = "target";
      await PromiseCtor.race([writer.ready, stopped.promise]);
      failed = "source";
      const { value, done } = await PromiseCtor.race([reader.read(), stopped.promise, failure(writer, () => { failed = "target"; })]);
      if (done) break;
      last = writer.write(value);
      then(last, undefined, ignore);
    }
    failed = "target";
    if (preventClose) await last;
    else await writer.close();
  } catch (error) {
    const by = signal?.aborted && error === signal.reason ? "signal" : failed;
    if (by !== "target" && !preventAbort) await quiet(writer.abort(error));
    if (by !== "source" && !preventCancel) await quiet(reader.cancel(error));
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
    reader.releaseLock();
    writer.releaseLock();
  }
}

// Rejects when the target does, and never resolves.
const failure = (writer, noted) => new PromiseCtor((_, reject) => {
  then(writer.closed, ignore, (error) => {
    noted();
    reject(error);
  });
});

async function quiet(promise) {
  try {
    await promise;
  } catch {
    // The first error is the one that is told.
  }
}
