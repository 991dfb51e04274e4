// Node's Writable: takes chunks one after the other, and says when it has enough.
import { append } from "internal:core/arrays";
import { Buffer, viewed } from "internal:node/buffer";
import { Stream, addMembers, derive } from "internal:node/stream_legacy";
import {
  aborted, begin, destroy, destroyedError, errorOrDestroy, notImplemented, nullChunk,
} from "internal:node/stream_destroy";
import { invalidArgument, typeError, withCode } from "internal:node/node_error";
import {
  ArrayBufferCtor, FunctionCtor, PromiseCtor, SymbolCtor, apply, defineProperty, floor, uncurryThis,
} from "internal:core/primordials";
import { queueMicrotask } from "internal:node/timers";

const { isView } = ArrayBufferCtor;
const isInstance = uncurryThis(FunctionCtor.prototype[SymbolCtor.hasInstance]);
const nothing = () => {};

export const defaults = { bytes: 65536, objects: 16 };

export function mostOf(options, isObjects, own) {
  const most = options[own] ?? options.highWaterMark;
  if (most === undefined || most === null) return isObjects ? defaults.objects : defaults.bytes;
  if (!(most >= 0)) throw typeError("ERR_INVALID_ARG_VALUE", `The property 'options.highWaterMark' is invalid. Received ${most}`);
  return floor(most);
}

export function makeWritableState(options, isDuplex) {
  const objectMode = !!(options.objectMode || (isDuplex && options.writableObjectMode));
  return {
    objectMode, highWaterMark: mostOf(options, objectMode, isDuplex ? "writableHighWaterMark" : "highWaterMark"),
    length: 0, writing: false, corked: 0, sync: true, needDrain: false, ending: false, ended: false, finished: false, prefinished: false,
    finalCalled: false, pendingcb: 0, errored: null, errorEmitted: false, destroyed: false, closed: false, closeEmitted: false,
    constructing: false, emitClose: options.emitClose !== false, autoDestroy: options.autoDestroy !== false,
    decodeStrings: options.decodeStrings !== false, defaultEncoding: options.defaultEncoding ?? "utf8",
    writelen: 0, writecb: null, first: undefined, last: undefined, count: 0, finishers: [], done: 0, writable: options.writable !== false,
  };
}

// What options say in the place of a class of one's own.
export function takeWritable(stream, options) {
  if (typeof options.write === "function") stream._write = options.write;
  if (typeof options.writev === "function") stream._writev = options.writev;
  if (typeof options.final === "function") stream._final = options.final;
}

export function takeCommon(stream, options) {
  if (typeof options.destroy === "function") stream._destroy = options.destroy;
  if (typeof options.construct === "function") stream._construct = options.construct;
}

export function Writable(options = {}) {
  const settings = options ?? {};
  if (!(this instanceof Writable)) return new Writable(settings);
  this._writableState = makeWritableState(settings, false);
  takeWritable(this, settings);
  takeCommon(this, settings);
  apply(Stream, this, [settings]);
  begin(this, settings, () => constructed(this));
  return undefined;
}

// What waited for `construct`.
export function constructed(stream) {
  const state = stream._writableState;
  if (!state.writing) clear(stream, state);
  finishMaybe(stream, state);
}

function enqueue(state, entry) {
  if (state.first === undefined) state.first = entry;
  else state.last.next = entry;
  state.last = entry;
  state.count++;
}

function write(stream, chunk, encoding, callback) {
  const state = stream._writableState;
  let [piece, of] = [chunk, typeof encoding === "string" ? encoding : state.defaultEncoding];
  const done = typeof encoding === "function" ? encoding : typeof callback === "function" ? callback : nothing;
  if (chunk === null) throw nullChunk();
  if (!state.objectMode) {
    if (typeof chunk === "string") {
      if (state.decodeStrings && of !== "buffer") [piece, of] = [Buffer.from(chunk, of), "buffer"];
    } else if (Buffer.isBuffer(chunk)) of = "buffer";
    else if (isView(chunk)) [piece, of] = [viewed(chunk), "buffer"];
    else throw invalidArgument('"chunk" argument', "of type string or an instance of Buffer, TypedArray, or DataView", chunk);
  }
  const error = state.ending ? withCode("ERR_STREAM_WRITE_AFTER_END", "write after end") : state.destroyed ? destroyedError("write") : undefined;
  if (error !== undefined) {
    queueMicrotask(() => done(error));
    errorOrDestroy(stream, error, true);
    return error;
  }
  state.pendingcb++;
  const size = state.objectMode ? 1 : piece.length;
  state.length += size;
  const more = state.length < state.highWaterMark;
  if (!more) state.needDrain = true;
  // What waits goes first, also in the moment before a stream that is open now begins.
  const waits = state.writing || state.corked > 0 || state.errored || state.constructing || state.first !== undefined;
  if (waits) enqueue(state, { chunk: piece, encoding: of, callback: done, next: undefined });
  else give(stream, state, size, () => stream._write(piece, of, state.onwrite), done);
  return more && !state.errored && !state.destroyed;
}

function give(stream, state, size, run, done) {
  state.writelen = size;
  state.writecb = done;
  state.writing = true;
  state.sync = true;
  state.onwrite ??= (error) => written(stream, error);
  if (state.destroyed) state.onwrite(destroyedError("write"));
  else run();
  state.sync = false;
}

function written(stream, error) {
  const state = stream._writableState;
  const done = state.writecb;
  if (typeof done !== "function") {
    errorOrDestroy(stream, withCode("ERR_MULTIPLE_CALLBACK", "Callback called multiple times"));
    return;
  }
  state.writing = false;
  state.writecb = null;
  state.length -= state.writelen;
  state.writelen = 0;
  if (error) {
    state.errored ??= error;
    if (stream._readableState) stream._readableState.errored ??= error;
    const tell = () => {
      state.pendingcb--;
      done(error);
      refuse(state);
      errorOrDestroy(stream, error);
    };
    state.sync ? queueMicrotask(tell) : tell();
    return;
  }
  if (state.first !== undefined) clear(stream, state);
  if (state.sync) queueMicrotask(() => after(stream, state, done));
  else after(stream, state, done);
}

function after(stream, state, done) {
  if (!state.ending && !state.destroyed && state.length === 0 && state.needDrain) {
    state.needDrain = false;
    stream.emit("drain");
  }
  state.pendingcb--;
  done(null);
  if (state.destroyed) refuse(state);
  finishMaybe(stream, state);
}

// Whatever waits is not written any more.
function refuse(state) {
  if (state.writing) return;
  while (state.first !== undefined) {
    const { chunk, callback, next } = state.first;
    state.first = next;
    state.count--;
    state.length -= state.objectMode ? 1 : chunk.length;
    callback(state.errored ?? destroyedError("write"));
  }
  for (let i = 0; i < state.finishers.length; i++) state.finishers[i](state.errored ?? destroyedError("end"));
  state.finishers = [];
}

function clear(stream, state) {
  if (state.corked > 0 || state.destroyed || state.constructing || state.clearing) return;
  state.clearing = true;
  if (stream._writev !== null && state.count > 1) {
    const chunks = [];
    const callbacks = [];
    let size = 0;
    for (let entry = state.first; entry !== undefined; entry = entry.next) {
      append(chunks, { chunk: entry.chunk, encoding: entry.encoding });
      append(callbacks, entry.callback);
      size += state.objectMode ? 1 : entry.chunk.length;
    }
    state.first = state.last = undefined;
    state.count = 0;
    state.pendingcb -= callbacks.length - 1;
    give(stream, state, size, () => stream._writev(chunks, state.onwrite), (error) => {
      for (let i = 0; i < callbacks.length; i++) callbacks[i](error);
    });
  } else {
    while (state.first !== undefined && !state.writing) {
      const { chunk, encoding, callback, next } = state.first;
      state.first = next;
      state.count--;
      give(stream, state, state.objectMode ? 1 : chunk.length, () => stream._write(chunk, encoding, state.onwrite), callback);
    }
  }
  state.clearing = false;
}

const isReady = (state) => state.ending && !state.destroyed && !state.constructing && state.length === 0 && !state.errored
  && state.first === undefined && !state.finished && !state.writing && !state.errorEmitted && !state.closeEmitted;

function finishMaybe(stream, state, isSync = false) {
  if (!isReady(state)) return;
  prepare(stream, state);
  if (state.pendingcb !== 0) return;
  if (isSync) {
    state.pendingcb++;
    queueMicrotask(() => { isReady(state) ? finish(stream, state) : state.pendingcb--; });
  } else if (isReady(state)) {
    state.pendingcb++;
    finish(stream, state);
  }
}

function prepare(stream, state) {
  if (state.prefinished || state.finalCalled) return;
  if (typeof stream._final !== "function" || state.destroyed) {
    state.prefinished = true;
    stream.emit("prefinish");
    return;
  }
  state.finalCalled = true;
  let isSync = true;
  let called = false;
  state.pendingcb++;
  const done = (error) => {
    if (called) return errorOrDestroy(stream, error ?? withCode("ERR_MULTIPLE_CALLBACK", "Callback called multiple times"));
    called = true;
    state.pendingcb--;
    if (error) {
      const { finishers } = state;
      state.finishers = [];
      for (let i = 0; i < finishers.length; i++) finishers[i](error);
      errorOrDestroy(stream, error, isSync);
    } else if (isReady(state)) {
      state.prefinished = true;
      stream.emit("prefinish");
      state.pendingcb++;
      queueMicrotask(() => finish(stream, state));
    }
  };
  try {
    stream._final(done);
  } catch (error) {
    done(error);
  }
  isSync = false;
}

function finish(stream, state) {
  state.pendingcb--;
  state.finished = true;
  const { finishers } = state;
  state.finishers = [];
  for (let i = 0; i < finishers.length; i++) finishers[i](null);
  stream.emit("finish");
  if (!state.autoDestroy) return;
  const reads = stream._readableState;
  if (!reads || (reads.autoDestroy && (reads.endEmitted || reads.readable === false))) stream.destroy();
}

// What Writable and Duplex have in common.
export const writableMembers = {
  write(chunk, encoding, callback) { return write(this, chunk, encoding, callback) === true; },
  end(chunk, encoding, callback) {
    const state = this._writableState;
    const done = typeof chunk === "function" ? chunk : typeof encoding === "function" ? encoding : callback;
    let error;
    if (chunk !== undefined && chunk !== null && typeof chunk !== "function") {
      const answer = write(this, chunk, typeof encoding === "string" ? encoding : undefined);
      if (typeof answer === "object") error = answer;
    }
    if (state.corked > 0) {
      state.corked = 1;
      this.uncork();
    }
    if (error === undefined) {
      if (!state.errored && !state.ending) {
        state.ending = true;
        finishMaybe(this, state, true);
        state.ended = true;
      } else if (state.finished) error = withCode("ERR_STREAM_ALREADY_FINISHED", "Cannot call end after a stream was finished");
      else if (state.destroyed) error = destroyedError("end");
    }
    if (typeof done === "function") {
      if (error) queueMicrotask(() => done(error));
      else if (state.finished) queueMicrotask(() => done());
      else append(state.finishers, done);
    }
    return this;
  },
  cork() { this._writableState.corked++; },
  uncork() {
    const state = this._writableState;
    if (state.corked === 0) return;
    state.corked--;
    if (!state.writing) clear(this, state);
  },
  setDefaultEncoding(encoding) {
    this._writableState.defaultEncoding = `${encoding}`.toLowerCase();
    return this;
  },
  _write(chunk, encoding, callback) {
    if (typeof this._writev !== "function") throw notImplemented("_write()");
    this._writev([{ chunk, encoding }], callback);
  },
  _writev: null,
  get writable() {
    const state = this._writableState;
    return !!state && state.writable && !state.destroyed && !state.errored && !state.ending && !state.ended;
  },
  set writable(value) { if (this._writableState) this._writableState.writable = !!value; },
  get writableFinished() { return !!this._writableState?.finished; },
  get writableEnded() { return !!this._writableState?.ending; },
  get writableLength() { return this._writableState?.length; },
  get writableHighWaterMark() { return this._writableState?.highWaterMark; },
  get writableObjectMode() { return !!this._writableState?.objectMode; },
  get writableCorked() { return this._writableState?.corked ?? 0; },
  get writableNeedDrain() {
    const state = this._writableState;
    return !!state && !state.destroyed && !state.ending && state.needDrain;
  },
  get writableBuffer() {
    const chunks = [];
    for (let entry = this._writableState?.first; entry !== undefined; entry = entry.next) append(chunks, entry);
    return chunks;
  },
  get writableAborted() {
    const state = this._writableState;
    return !!state && state.writable && (state.destroyed || !!state.errored) && !state.finished;
  },
};

// Whatever every stream has; which half it is made of.
export const commonMembers = (half) => ({
  destroy(error, callback) {
    if (half !== "_readableState" && !this._writableState.destroyed) queueMicrotask(() => refuse(this._writableState));
    return apply(destroy, this, [error, callback]);
  },
  _destroy(error, callback) { callback(error); },
  get destroyed() { return !!(this._readableState?.destroyed || this._writableState?.destroyed); },
  set destroyed(value) {
    if (this._readableState) this._readableState.destroyed = value;
    if (this._writableState) this._writableState.destroyed = value;
  },
  get closed() { return !!(this._readableState?.closed || this._writableState?.closed); },
  get errored() { return this._readableState?.errored ?? this._writableState?.errored ?? null; },
  [SymbolCtor.asyncDispose]() {
    const error = this.writableFinished || this.readableEnded ? null : aborted();
    return new PromiseCtor((resolve) => {
      this.once("error", nothing);
      this.destroy(error, () => resolve());
    });
  },
});

derive(Writable, Stream, commonMembers("_writableState"));
addMembers(Writable, writableMembers);
addMembers(Writable, {
  pipe() { errorOrDestroy(this, withCode("ERR_STREAM_CANNOT_PIPE", "Cannot pipe, not readable")); },
});

// A Duplex is a Writable, too.
defineProperty(Writable, SymbolCtor.hasInstance, {
  value(object) {
    if (isInstance(this, object)) return true;
    return this === Writable && typeof object === "object" && object !== null && typeof object._writableState === "object" && object._writableState !== null;
  },
  writable: true, configurable: true, enumerable: false,
});
