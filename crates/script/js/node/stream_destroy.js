// How streams of both kinds end: by an error, or because nothing is left to do.
import { ErrorCtor, TypeErrorCtor } from "internal:core/primordials";
import { withCode } from "internal:node/node_error";
import { queueMicrotask } from "internal:node/timers";

export const destroyedError = (call) => withCode("ERR_STREAM_DESTROYED", `Cannot call ${call} after a stream was destroyed`);
export const notImplemented = (method) => withCode("ERR_METHOD_NOT_IMPLEMENTED", `The ${method} method is not implemented`);
export const nullChunk = () => withCode("ERR_STREAM_NULL_VALUES", "May not write null values to stream", TypeErrorCtor);

const readableOf = (stream) => stream._readableState;
const writableOf = (stream) => stream._writableState;

function note(stream, error) {
  const readable = readableOf(stream);
  const writable = writableOf(stream);
  if (readable) readable.errored ??= error;
  if (writable) writable.errored ??= error;
}

function each(stream, field, value) {
  const readable = readableOf(stream);
  const writable = writableOf(stream);
  if (readable) readable[field] = value;
  if (writable) writable[field] = value;
}

const isAny = (stream, field) => !!(readableOf(stream)?.[field] || writableOf(stream)?.[field]);

function emitError(stream, error) {
  if (isAny(stream, "errorEmitted")) return;
  each(stream, "errorEmitted", true);
  stream.emit("error", error);
}

function emitClose(stream) {
  if (isAny(stream, "closeEmitted")) return;
  each(stream, "closeEmitted", true);
  if (isAny(stream, "emitClose")) stream.emit("close");
}

// The method `destroy` of every stream.
export function destroy(error, callback) {
  if (isAny(this, "destroyed")) {
    if (typeof callback === "function") callback();
    return this;
  }
  if (error) note(this, error);
  each(this, "destroyed", true);
  // What constructs itself ends first.
  if (isAny(this, "constructing")) this.once("internal:constructed", (failed) => end(this, failed ?? error, callback));
  else end(this, error, callback);
  return this;
}

function end(stream, error, callback) {
  let called = false;
  const done = (failed) => {
    if (called) return;
    called = true;
    if (failed) note(stream, failed);
    each(stream, "closed", true);
    if (typeof callback === "function") callback(failed);
    queueMicrotask(() => {
      try {
        if (failed) emitError(stream, failed);
      } finally {
        emitClose(stream);
      }
    });
  };
  try {
    stream._destroy(error ?? null, done);
  } catch (failed) {
    done(failed);
  }
}

// An error of the stream itself: it ends the stream, unless the stream says otherwise.
export function errorOrDestroy(stream, error, isSync = false) {
  if (isAny(stream, "destroyed")) return;
  if (isAny(stream, "autoDestroy")) {
    stream.destroy(error);
    return;
  }
  note(stream, error);
  if (isSync) queueMicrotask(() => emitError(stream, error));
  else emitError(stream, error);
}

// Begins a stream: its options' signal may destroy it, and its `construct` runs before anything is read or written.
export function begin(stream, { signal }, ready) {
  if (signal) addAbortSignal(signal, stream);
  if (typeof stream._construct !== "function") return;
  each(stream, "constructing", true);
  const done = (error) => {
    each(stream, "constructing", false);
    const wasDestroyed = isAny(stream, "destroyed");
    stream.emit("internal:constructed", error);
    if (error) {
      if (!wasDestroyed) errorOrDestroy(stream, error, true);
    } else if (!wasDestroyed) queueMicrotask(ready);
  };
  queueMicrotask(() => {
    try {
      stream._construct((error) => queueMicrotask(() => done(error)));
    } catch (error) {
      done(error);
    }
  });
}

// Node's error of what was ended before its time.
export function aborted(cause) {
  const error = new ErrorCtor("The operation was aborted", cause === undefined ? undefined : { cause });
  error.name = "AbortError";
  error.code = "ABORT_ERR";
  return error;
}

// A signal that destroys the stream.
export function addAbortSignal(signal, stream) {
  const abort = () => stream.destroy(aborted(signal.reason));
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  return stream;
}
