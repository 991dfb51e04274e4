// What a readable stream does for its controller and its reader. `state.reader` is the state of the reader that has locked the
// stream, or null.
import { append, remove } from "internal:core/arrays";
import { ArrayBufferCtor, RangeErrorCtor, SymbolCtor, TypeErrorCtor, Uint8ArrayCtor, numberIsNaN } from "internal:core/primordials";
import { deferred, run } from "internal:web/stream_parts";

const { isView } = ArrayBufferCtor;

let make;
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

// The controller of a stream with that state.
export function controllerOf(state) { return make(state); }

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
  const requests = state.reader === null ? undefined : state.reader.requests;
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

export function pull(state) {
  if (state.status !== "readable" || state.closing || !state.started || state.pull === undefined) return;
  const waits = state.reader !== null && state.reader.requests.length > 0;
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

function finish(state) {
  state.status = "closed";
  if (state.reader === null) return;
  const { requests, closed } = state.reader;
  for (let i = 0; i < requests.length; i++) requests[i].resolve({ value: undefined, done: true });
  requests.length = 0;
  closed.resolve(undefined);
}

export function fail(state, reason) {
  if (state.status !== "readable") return;
  state.status = "errored";
  state.error = reason;
  state.queue = [];
  state.size = 0;
  if (state.reader === null) return;
  const { requests, closed } = state.reader;
  for (let i = 0; i < requests.length; i++) requests[i].reject(reason);
  requests.length = 0;
  closed.reject(reason);
}

export async function cancel(state, reason) {
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

export function read(state) {
  state.disturbed = true;
  const request = deferred();
  const chunk = take(state);
  if (chunk !== undefined) request.resolve(chunk);
  else if (state.status === "closed") request.resolve({ value: undefined, done: true });
  else if (state.status === "errored") request.reject(state.error);
  else {
    append(state.reader.requests, request);
    pull(state);
  }
  return request.promise;
}
