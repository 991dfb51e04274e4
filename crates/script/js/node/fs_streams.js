// Streams of files.
import { Buffer } from "internal:node/buffer";
import { Readable, Writable } from "internal:node/stream";

const CHUNK = 65536;

export class WriteStream extends Writable {
  #call;
  constructor(path, options, call) {
    super();
    const { flags = "w", encoding = "utf8" } = typeof options === "string" ? { encoding: options } : options ?? {};
    this.path = path;
    this.bytesWritten = 0;
    this.encoding = encoding;
    this.#call = call;
    // The file is there at once, as at Node once the stream is open.
    call.write(path, Buffer.alloc(0), flags[0] === "a" ? "append" : flags.includes("x") ? "new" : "whole");
    Promise.resolve().then(() => { this.emit("open", 3); this.emit("ready"); });
  }
  _write(chunk, encoding, done) {
    try {
      this.#call.write(this.path, chunk, "append");
      this.bytesWritten += chunk.length;
      done();
    } catch (error) {
      done(error);
    }
  }
  close(callback) { this.end(callback); }
}

export class ReadStream extends Readable {
  #call;
  #at;
  #end;
  #piece;
  constructor(path, options, call) {
    super(typeof options === "string" ? { encoding: options } : options ?? {});
    const { start = 0, end = Infinity, highWaterMark = CHUNK } = typeof options === "object" && options !== null ? options : {};
    this.path = path;
    this.bytesRead = 0;
    this.#call = call;
    this.#at = start;
    this.#end = Math.min(end + 1, Number.MAX_SAFE_INTEGER);
    this.#piece = highWaterMark;
    Promise.resolve().then(() => {
      call.stat(path);
      this.emit("open", 3);
      this.emit("ready");
    }).catch((error) => this.destroy(error));
  }
  // A piece at a time, as the reader asks.
  _read() {
    try {
      const part = this.#call.readPart(this.path, this.#at, Math.min(this.#piece, this.#end - this.#at));
      this.#at += part.length;
      this.bytesRead += part.length;
      this.push(part.length > 0 ? part : null);
    } catch (error) {
      this.destroy(error);
    }
  }
  close(callback) {
    this.destroy();
    if (typeof callback === "function") callback();
  }
}
