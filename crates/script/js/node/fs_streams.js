// Streams of files. `node/fs` reads this module with the first use of a stream.
import { Buffer } from "internal:node/buffer";
import { call, pathOf } from "internal:node/fs";
import { addMembers, derive } from "internal:node/stream_legacy";
import { Readable } from "internal:node/stream_readable";
import { Writable } from "internal:node/stream_writable";
import { outOfRange } from "internal:node/node_error";
import { StringCtor, apply, min, uncurryThis } from "internal:core/primordials";
import { queueMicrotask, setImmediate } from "internal:node/timers";

const includes = uncurryThis(StringCtor.prototype.includes);
const settingsOf = (options) => (typeof options === "string" ? { encoding: options } : options ?? {});

// What both have: a file that is open once something is done with it.
const common = {
  get pending() { return !this._isOpen; },
  _construct(done) {
    try {
      this._open();
    } catch (error) {
      done(error);
      return;
    }
    this._isOpen = true;
    this.fd ??= 10;
    done();
    this.emit("open", this.fd);
    this.emit("ready");
  },
};

function whenClosed(stream, callback) {
  if (typeof callback !== "function") return;
  if (stream.closed) queueMicrotask(() => callback());
  else stream.once("close", () => callback());
}

export function WriteStream(path, options) {
  if (!(this instanceof WriteStream)) return new WriteStream(path, options);
  const { flags = "w", encoding, mode = 0o666, start, ...rest } = settingsOf(options);
  this.path = pathOf(path);
  this.bytesWritten = 0;
  this.flags = flags;
  this.mode = mode;
  this.start = start;
  this.fd = null;
  this._isOpen = false;
  apply(Writable, this, [{ emitClose: true, highWaterMark: rest.highWaterMark, autoDestroy: rest.autoClose ?? true, signal: rest.signal }]);
  if (encoding) this.setDefaultEncoding(encoding);
  return undefined;
}
derive(WriteStream, Writable, {});
addMembers(WriteStream, common);
addMembers(WriteStream, {
  _open() {
    const { flags } = this;
    if (flags[0] === "r") call.stat(this.path);
    else call.write(this.path, Buffer.alloc(0), flags[0] === "a" ? "append" : includes(flags, "x") ? "new" : "whole");
  },
  _write(chunk, encoding, done) {
    try {
      call.write(this.path, chunk, "append");
    } catch (error) {
      done(error);
      return;
    }
    this.bytesWritten += chunk.length;
    done();
  },
  close(callback) {
    whenClosed(this, callback);
    this.end();
  },
});

export function ReadStream(path, options) {
  if (!(this instanceof ReadStream)) return new ReadStream(path, options);
  const { start = 0, end = Infinity, encoding, flags = "r", mode = 0o666, ...rest } = settingsOf(options);
  if (end < start) throw outOfRange("start", `<= "end" (here: ${end})`, start);
  this.path = pathOf(path);
  this.bytesRead = 0;
  this.flags = flags;
  this.mode = mode;
  this.start = start === 0 ? undefined : start;
  this.end = end;
  this.fd = null;
  this._isOpen = false;
  this._at = start;
  this._last = min(end + 1, Number.MAX_SAFE_INTEGER);
  apply(Readable, this, [{ encoding, highWaterMark: rest.highWaterMark ?? 65536, autoDestroy: rest.autoClose ?? true, signal: rest.signal }]);
  return undefined;
}
derive(ReadStream, Readable, {});
addMembers(ReadStream, common);
addMembers(ReadStream, {
  _open() { call.readPart(this.path, 0, 0); },
  // A piece at a time, each in a turn of its own, as files come at Node.
  _read(size) {
    setImmediate(() => {
      if (this.destroyed) return;
      let part;
      try {
        part = call.readPart(this.path, this._at, min(size, this._last - this._at));
      } catch (error) {
        this.destroy(error);
        return;
      }
      this._at += part.length;
      this.bytesRead += part.length;
      this.push(part.length > 0 ? part : null);
    });
  },
  close(callback) {
    whenClosed(this, callback);
    this.destroy();
  },
});
