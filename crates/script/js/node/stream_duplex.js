// Node's Duplex, Transform and PassThrough: streams with two sides.
import { from } from "internal:node/stream_from";
import { begin, errorOrDestroy, notImplemented } from "internal:node/stream_destroy";
import { withCode } from "internal:node/node_error";
import { Stream, addMembers, derive } from "internal:node/stream_legacy";
import { Readable, makeReadableState, takeReadable } from "internal:node/stream_readable";
import { constructed, makeWritableState, takeCommon, takeWritable, writableMembers } from "internal:node/stream_writable";
import { apply } from "internal:core/primordials";

export function Duplex(options = {}) {
  const settings = options ?? {};
  if (!(this instanceof Duplex)) return new Duplex(settings);
  this._readableState = makeReadableState(settings, true);
  this._writableState = makeWritableState(settings, true);
  this.allowHalfOpen = settings.allowHalfOpen !== false;
  if (settings.readable === false) {
    this._readableState.readable = false;
    this._readableState.ended = this._readableState.endEmitted = true;
  }
  if (settings.writable === false) {
    this._writableState.writable = false;
    this._writableState.ending = this._writableState.ended = this._writableState.finished = true;
  }
  takeReadable(this, settings);
  takeWritable(this, settings);
  takeCommon(this, settings);
  apply(Stream, this, [settings]);
  begin(this, settings, () => {
    constructed(this);
    if (this._readableState.needReadable) this.read(0);
  });
  return undefined;
}
derive(Duplex, Readable, {});
addMembers(Duplex, writableMembers);

Duplex.from = (source) => {
  if (typeof source?.pipe === "function" && source._writableState) return source;
  const { readable, writable } = typeof source?.readable === "object" ? source : { readable: from(typeof source === "function" ? source() : source) };
  const duplex = new Duplex({
    objectMode: true, readable: !!readable, writable: !!writable,
    read() { readable?.resume(); },
    write(chunk, encoding, done) { writable ? writable.write(chunk, encoding, done) : done(); },
    final(done) { writable ? writable.end(done) : done(); },
  });
  readable?.on("data", (chunk) => { if (!duplex.push(chunk)) readable.pause(); });
  readable?.on("end", () => duplex.push(null));
  readable?.on("error", (error) => duplex.destroy(error));
  writable?.on("error", (error) => duplex.destroy(error));
  return duplex;
};

export function Transform(options = {}) {
  const settings = options ?? {};
  if (!(this instanceof Transform)) return new Transform(settings);
  const most = settings.readableHighWaterMark;
  apply(Duplex, this, [most === 0 ? { ...settings, highWaterMark: undefined, readableHighWaterMark: 0 } : settings]);
  this._readableState.sync = false;
  if (typeof settings.transform === "function") this._transform = settings.transform;
  if (typeof settings.flush === "function") this._flush = settings.flush;
  this.on("prefinish", () => { if (this._final !== final) apply(final, this, []); });
  return undefined;
}

function final(done) {
  const leave = (error) => {
    if (error) {
      if (done) done(error);
      else this.destroy(error);
      return;
    }
    this.push(null);
    done?.();
  };
  if (typeof this._flush !== "function" || this.destroyed) return leave();
  apply(this._flush, this, [(error, rest) => {
    if (!error && rest !== undefined && rest !== null) this.push(rest);
    leave(error);
  }]);
}

derive(Transform, Duplex, {
  _transform() { throw notImplemented("_transform()"); },
  _final: final,
  _write(chunk, encoding, callback) {
    const reads = this._readableState;
    const writes = this._writableState;
    const { length } = reads;
    let called = false;
    apply(this._transform, this, [chunk, encoding, (error, value) => {
      if (called) return errorOrDestroy(this, error ?? withCode("ERR_MULTIPLE_CALLBACK", "Callback called multiple times"));
      called = true;
      if (error) return callback(error);
      if (value !== undefined && value !== null) this.push(value);
      if (reads.ended || writes.ended || length === reads.length || reads.length < reads.highWaterMark) callback();
      else this._waitsForReader = callback;
    }]);
  },
  _read() {
    const more = this._waitsForReader;
    if (more === undefined) return;
    this._waitsForReader = undefined;
    more();
  },
});

export function PassThrough(options) {
  if (!(this instanceof PassThrough)) return new PassThrough(options);
  apply(Transform, this, [options]);
  return undefined;
}
derive(PassThrough, Transform, { _transform(chunk, encoding, done) { done(null, chunk); } });
