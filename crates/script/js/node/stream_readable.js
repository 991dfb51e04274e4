// Node's Readable: gives chunks to whoever listens, reads, iterates or pipes, and asks for more in time.
import { append } from "internal:core/arrays";
import { Buffer, viewed } from "internal:node/buffer";
import { EventEmitter } from "internal:node/events";
import { StringDecoder } from "internal:node/string_decoder";
import { begin, errorOrDestroy, notImplemented } from "internal:node/stream_destroy";
import { iterate } from "internal:node/stream_iterate";
import { Stream, addMembers, derive } from "internal:node/stream_legacy";
import { pipe } from "internal:node/stream_pipe";
import { commonMembers, mostOf, takeCommon } from "internal:node/stream_writable";
import { invalidArgument, withCode } from "internal:node/node_error";
import { ArrayBufferCtor, NumberCtor, SymbolCtor, apply, numberIsNaN } from "internal:core/primordials";
import { queueMicrotask } from "internal:node/timers";

const { isView } = ArrayBufferCtor;
const { prototype: emitter } = EventEmitter;

export function makeReadableState(options, isDuplex) {
  const objectMode = !!(options.objectMode || (isDuplex && options.readableObjectMode));
  return {
    objectMode, highWaterMark: mostOf(options, objectMode, isDuplex ? "readableHighWaterMark" : "highWaterMark"),
    first: undefined, last: undefined, length: 0, pipes: [], flowing: null, ended: false, endEmitted: false, reading: false, sync: true,
    needReadable: false, emittedReadable: false, readableListening: false, resumeScheduled: false, paused: false, readingMore: false,
    errored: null, errorEmitted: false, destroyed: false, closed: false, closeEmitted: false, constructing: false, dataEmitted: false,
    emitClose: options.emitClose !== false, autoDestroy: options.autoDestroy !== false, awaiting: new Set(),
    defaultEncoding: options.defaultEncoding ?? "utf8", encoding: null, decoder: null, readable: options.readable !== false,
  };
}

export function takeReadable(stream, options) {
  if (typeof options.read === "function") stream._read = options.read;
  const state = stream._readableState;
  if (options.encoding) {
    state.decoder = new StringDecoder(options.encoding);
    state.encoding = options.encoding;
  }
}

export function Readable(options = {}) {
  const settings = options ?? {};
  if (!(this instanceof Readable)) return new Readable(settings);
  this._readableState = makeReadableState(settings, false);
  takeReadable(this, settings);
  takeCommon(this, settings);
  apply(Stream, this, [settings]);
  begin(this, settings, () => { if (this._readableState.needReadable) readMore(this, this._readableState); });
  return undefined;
}

function enqueue(state, chunk, front) {
  const entry = { chunk, next: undefined };
  if (state.first === undefined) state.first = state.last = entry;
  else if (front) [entry.next, state.first] = [state.first, entry];
  else [state.last.next, state.last] = [entry, entry];
}

function shift(state) {
  const { chunk, next } = state.first;
  state.first = next;
  if (next === undefined) state.last = undefined;
  return chunk;
}

function add(stream, chunk, encoding, front) {
  const state = stream._readableState;
  let piece = chunk;
  let isText = false;
  if (!state.objectMode && piece !== null && piece !== undefined) {
    if (typeof piece === "string") {
      const of = encoding || state.defaultEncoding;
      if (state.encoding === of && !front) isText = true;
      else {
        piece = Buffer.from(piece, of);
        if (front && state.encoding) piece = piece.toString(state.encoding);
      }
    } else if (isView(piece)) piece = Buffer.isBuffer(piece) ? piece : viewed(piece);
    else {
      errorOrDestroy(stream, invalidArgument('"chunk" argument', "of type string or an instance of Buffer, TypedArray, or DataView", piece));
      return false;
    }
  }
  if (piece === null || (piece === undefined && !state.objectMode)) {
    state.reading = false;
    ended(stream, state);
  } else if (state.objectMode || piece.length > 0) {
    if (front) {
      if (state.endEmitted) errorOrDestroy(stream, withCode("ERR_STREAM_UNSHIFT_AFTER_END_EVENT", "stream.unshift() after end event"));
      else if (state.destroyed || state.errored) return false;
      else put(stream, state, piece, true);
    } else if (state.ended) errorOrDestroy(stream, withCode("ERR_STREAM_PUSH_AFTER_EOF", "stream.push() after EOF"));
    else if (state.destroyed || state.errored) return false;
    else {
      state.reading = false;
      if (state.decoder && !isText && !state.objectMode) piece = state.decoder.write(piece);
      if (state.objectMode || piece.length > 0) put(stream, state, piece, false);
      else readMore(stream, state);
    }
  } else if (!front) {
    state.reading = false;
    readMore(stream, state);
  }
  return !state.ended && (state.length < state.highWaterMark || state.length === 0);
}

function put(stream, state, chunk, front) {
  if (state.flowing && state.length === 0 && !state.sync && stream.listenerCount("data") > 0) {
    state.awaiting.clear();
    state.dataEmitted = true;
    stream.emit("data", chunk);
  } else {
    state.length += state.objectMode ? 1 : chunk.length;
    enqueue(state, chunk, front);
    if (state.needReadable) emitReadable(stream);
  }
  readMore(stream, state);
}

function ended(stream, state) {
  if (state.ended) return;
  if (state.decoder) {
    const rest = state.decoder.end();
    if (rest.length > 0) {
      enqueue(state, rest, false);
      state.length += state.objectMode ? 1 : rest.length;
    }
  }
  state.ended = true;
  if (state.sync) emitReadable(stream);
  else {
    state.needReadable = false;
    state.emittedReadable = true;
    tellReadable(stream);
  }
}

function emitReadable(stream) {
  const state = stream._readableState;
  state.needReadable = false;
  if (state.emittedReadable) return;
  state.emittedReadable = true;
  queueMicrotask(() => tellReadable(stream));
}

function tellReadable(stream) {
  const state = stream._readableState;
  if (!state.destroyed && !state.errored && (state.length > 0 || state.ended)) {
    stream.emit("readable");
    state.emittedReadable = false;
  }
  state.needReadable = !state.flowing && !state.ended && state.length <= state.highWaterMark;
  flow(stream);
}

function readMore(stream, state) {
  if (state.readingMore || state.constructing) return;
  state.readingMore = true;
  queueMicrotask(() => {
    while (!state.reading && !state.ended && (state.length < state.highWaterMark || (state.flowing && state.length === 0))) {
      const { length } = state;
      stream.read(0);
      if (length === state.length) break;
    }
    state.readingMore = false;
  });
}

function flow(stream) {
  const state = stream._readableState;
  while (state.flowing && stream.read() !== null);
}

// How much of what there is a call gets.
function amount(wanted, state) {
  if (wanted <= 0 || (state.length === 0 && state.ended)) return 0;
  if (state.objectMode) return 1;
  if (numberIsNaN(wanted)) return state.flowing && state.length > 0 ? state.first.chunk.length : state.length;
  if (wanted <= state.length) return wanted;
  return state.ended ? state.length : 0;
}

function take(state, wanted) {
  if (state.length === 0) return null;
  if (state.objectMode) return shift(state);
  const chunks = [];
  let left = wanted;
  while (left > 0 && state.first !== undefined) {
    const chunk = shift(state);
    if (chunk.length > left) {
      enqueue(state, chunk.slice(left), true);
      append(chunks, chunk.slice(0, left));
      left = 0;
    } else {
      append(chunks, chunk);
      left -= chunk.length;
    }
  }
  if (chunks.length === 1) return chunks[0];
  if (!state.decoder) return Buffer.concat(chunks);
  let text = "";
  for (let i = 0; i < chunks.length; i++) text += chunks[i];
  return text;
}

function read(stream, size) {
  const state = stream._readableState;
  const asked = size === undefined || size === null ? NaN : NumberCtor(size);
  if (asked > state.highWaterMark && !state.objectMode) state.highWaterMark = asked;
  if (asked !== 0) state.emittedReadable = false;
  if (asked === 0 && state.needReadable
    && ((state.highWaterMark !== 0 ? state.length >= state.highWaterMark : state.length > 0) || state.ended)) {
    if (state.length === 0 && state.ended) endLater(stream);
    else emitReadable(stream);
    return null;
  }
  let wanted = amount(asked, state);
  if (wanted === 0 && state.ended) {
    if (state.length === 0) endLater(stream);
    return null;
  }
  const wants = state.needReadable || state.length === 0 || state.length - wanted < state.highWaterMark;
  if (wants && !state.ended && !state.reading && !state.destroyed && !state.errored && !state.constructing) {
    state.reading = true;
    state.sync = true;
    if (state.length === 0) state.needReadable = true;
    try {
      stream._read(state.highWaterMark);
    } catch (error) {
      errorOrDestroy(stream, error);
    }
    state.sync = false;
    if (!state.reading) wanted = amount(asked, state);
  }
  const chunk = wanted > 0 ? take(state, wanted) : null;
  if (chunk === null) {
    state.needReadable = state.length <= state.highWaterMark;
    wanted = 0;
  } else {
    state.length -= state.objectMode ? 1 : chunk.length;
    state.awaiting.clear();
  }
  if (state.length === 0) {
    if (!state.ended) state.needReadable = true;
    if (!(asked === wanted) && state.ended) endLater(stream);
  }
  if (chunk !== null && !state.errored && !state.closeEmitted) {
    state.dataEmitted = true;
    stream.emit("data", chunk);
  }
  return chunk;
}

function endLater(stream) {
  const state = stream._readableState;
  if (state.endEmitted) return;
  state.ended = true;
  queueMicrotask(() => {
    if (state.errored || state.closeEmitted || state.endEmitted || state.length > 0) return;
    state.endEmitted = true;
    stream.emit("end");
    const writes = stream._writableState;
    if (writes && stream.allowHalfOpen === false && stream.writable) queueMicrotask(() => { if (stream.writable) stream.end(); });
    else if (state.autoDestroy && (!writes || (writes.autoDestroy && (writes.finished || writes.writable === false)))) stream.destroy();
  });
}

function listensAgain(stream) {
  const state = stream._readableState;
  state.readableListening = stream.listenerCount("readable") > 0;
  if (state.resumeScheduled && !state.paused) state.flowing = true;
  else if (stream.listenerCount("data") > 0) stream.resume();
  else if (!state.readableListening) state.flowing = null;
}

derive(Readable, Stream, commonMembers("_readableState"));
addMembers(Readable, {
  push(chunk, encoding) { return add(this, chunk, encoding, false); },
  unshift(chunk, encoding) { return add(this, chunk, encoding, true); },
  read(size) { return read(this, size); },
  _read() { throw notImplemented("_read()"); },
  setEncoding(encoding) {
    const state = this._readableState;
    state.decoder = new StringDecoder(encoding);
    state.encoding = state.decoder.encoding;
    let text = "";
    while (state.first !== undefined) text += state.decoder.write(shift(state));
    if (text !== "") enqueue(state, text, false);
    state.length = text.length;
    return this;
  },
  isPaused() { return this._readableState.paused === true || this._readableState.flowing === false; },
  on(name, listener) {
    apply(emitter.on, this, [name, listener]);
    const state = this._readableState;
    if (name === "data") {
      state.readableListening = this.listenerCount("readable") > 0;
      if (state.flowing !== false) this.resume();
    } else if (name === "readable" && !state.endEmitted && !state.readableListening) {
      state.readableListening = state.needReadable = true;
      state.flowing = false;
      state.emittedReadable = false;
      if (state.length > 0) emitReadable(this);
      else if (!state.reading) queueMicrotask(() => this.read(0));
    }
    return this;
  },
  addListener(name, listener) { return this.on(name, listener); },
  removeListener(name, listener) {
    apply(emitter.removeListener, this, [name, listener]);
    if (name === "readable") queueMicrotask(() => listensAgain(this));
    return this;
  },
  off(name, listener) { return this.removeListener(name, listener); },
  removeAllListeners(name) {
    apply(emitter.removeAllListeners, this, name === undefined ? [] : [name]);
    if (name === "readable" || name === undefined) queueMicrotask(() => listensAgain(this));
    return this;
  },
  resume() {
    const state = this._readableState;
    if (!state.flowing) {
      state.flowing = !state.readableListening;
      if (!state.resumeScheduled) {
        state.resumeScheduled = true;
        queueMicrotask(() => {
          if (!state.reading) this.read(0);
          state.resumeScheduled = false;
          this.emit("resume");
          flow(this);
          if (state.flowing && !state.reading) this.read(0);
        });
      }
    }
    state.paused = false;
    return this;
  },
  pause() {
    const state = this._readableState;
    if (state.flowing !== false) {
      state.flowing = false;
      this.emit("pause");
    }
    state.paused = true;
    return this;
  },
  pipe(target, options) { return pipe(this, target, options); },
  unpipe(target) {
    const state = this._readableState;
    const { pipes } = state;
    const left = [];
    const gone = [];
    for (let i = 0; i < pipes.length; i++) append(target === undefined || pipes[i] === target ? gone : left, pipes[i]);
    state.pipes = left;
    if (gone.length > 0 && left.length === 0) this.pause();
    for (let i = 0; i < gone.length; i++) gone[i].emit("unpipe", this, { hasUnpiped: false });
    return this;
  },
  // An old stream, which emits and can be paused.
  wrap(old) {
    let paused = false;
    old.on("data", (chunk) => {
      if (!this.push(chunk) && old.pause) {
        paused = true;
        old.pause();
      }
    });
    old.on("end", () => this.push(null));
    old.on("error", (error) => errorOrDestroy(this, error));
    old.on("close", () => this.destroy());
    this._read = () => {
      if (!paused || !old.resume) return;
      paused = false;
      old.resume();
    };
    return this;
  },
  iterator({ destroyOnReturn = true } = {}) { return iterate(this, destroyOnReturn); },
  [SymbolCtor.asyncIterator]() { return iterate(this, true); },
  get readable() {
    const state = this._readableState;
    return !!state && state.readable && !state.destroyed && !state.errorEmitted && !state.endEmitted;
  },
  set readable(value) { if (this._readableState) this._readableState.readable = !!value; },
  get readableEnded() { return !!this._readableState?.endEmitted; },
  get readableFlowing() { return this._readableState?.flowing; },
  set readableFlowing(value) { if (this._readableState) this._readableState.flowing = value; },
  get readableLength() { return this._readableState?.length; },
  get readableHighWaterMark() { return this._readableState?.highWaterMark; },
  get readableObjectMode() { return !!this._readableState?.objectMode; },
  get readableEncoding() { return this._readableState?.encoding ?? null; },
  get readableAborted() {
    const state = this._readableState;
    return !!state && state.readable && (state.destroyed || !!state.errored) && !state.endEmitted;
  },
  get readableDidRead() { return !!this._readableState?.dataEmitted; },
});
