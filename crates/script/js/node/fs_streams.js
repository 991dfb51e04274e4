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
  constructor(path, options, call) {
    super(typeof options === "string" ? { encoding: options } : options ?? {});
    const { start = 0, end = Infinity, highWaterMark = CHUNK } = typeof options === "object" && options !== null ? options : {};
    this.path = path;
    this.bytesRead = 0;
    Promise.resolve().then(() => {
      const all = call.read(path);
      const bytes = all.subarray(start, Math.min(all.length, end + 1));
      this.emit("open", 3);
      for (let at = 0; at < bytes.length; at += highWaterMark) this.push(bytes.subarray(at, at + highWaterMark));
      this.bytesRead = bytes.length;
      this.push(null);
    }).catch((error) => this.destroy(error));
  }
  close(callback) {
    this.destroy();
    if (typeof callback === "function") callback();
  }
}
