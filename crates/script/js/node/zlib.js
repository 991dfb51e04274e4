// Node's zlib: gzip and deflate, at once, by callback or as a stream. Rust packs and unpacks.
import { append } from "internal:core/arrays";
import { Buffer, viewed } from "internal:node/buffer";
import { invalidArgument, withCode } from "internal:node/node_error";
import { Transform } from "internal:node/stream";
import { queueMicrotask } from "internal:node/timers";
import { packer } from "internal:web/compression_stream";
import { derive } from "internal:node/stream_legacy";
import { ArrayBufferCtor, ErrorCtor, RangeErrorCtor, apply, defineProperty, min } from "internal:core/primordials";

const { isView } = ArrayBufferCtor;

function bytesOf(data) {
  if (typeof data === "string") return Buffer.from(data);
  if (isView(data)) return viewed(data);
  if (data instanceof ArrayBufferCtor) return Buffer.from(data);
  throw invalidArgument('"buffer" argument', "of type string or an instance of Buffer, TypedArray, DataView, or ArrayBuffer", data);
}

// Node's error of zlib's words.
function coded(error) {
  const isShort = error.message === "unexpected end of file";
  error.code = isShort ? "Z_BUF_ERROR" : "Z_DATA_ERROR";
  error.errno = isShort ? -5 : -3;
  return error;
}

function run(work) {
  try {
    return work();
  } catch (error) {
    throw error instanceof ErrorCtor && error.code === undefined ? coded(error) : error;
  }
}

// `unzip` knows by the first bytes what it gets.
const formatOf = (format, bytes) => format !== "unzip" ? format : bytes[0] === 0x1f ? "gzip" : "deflate";

function whole(data, format, unpacks, options) {
  const bytes = bytesOf(data);
  return run(() => {
    if (unpacks && format === "gzip" && bytes.length > 0 && bytes[0] !== 0x1f) throw new ErrorCtor("incorrect header check");
    const codec = packer(formatOf(format, bytes), unpacks, levelOf(options));
    const pieces = [];
    const most = options?.maxOutputLength ?? Infinity;
    let size = 0;
    const give = (piece) => {
      size += piece.length;
      if (size > most) throw withCode("ERR_BUFFER_TOO_LARGE", `Cannot create a Buffer larger than ${most} bytes`, RangeErrorCtor);
      append(pieces, piece);
    };
    codec.put(bytes, give);
    codec.end(give);
    return Buffer.concat(pieces);
  });
}

const levelOf = (options) => options?.level === undefined || options.level < 0 ? undefined : options.level;

// Streams of all kinds. Old programs derive from them without `new`.
function Zlib(format, unpacks, options) {
  const settings = options ?? {};
  apply(Transform, this, [settings.highWaterMark === undefined ? {} : { highWaterMark: settings.highWaterMark }]);
  this.bytesWritten = 0;
  this._chunkSize = settings.chunkSize ?? 16384;
  this._finishFlushFlag = settings.finishFlush ?? 4;
  this._outOffset = 0;
  this._hadError = false;
  this._packing = { format, unpacks, level: levelOf(settings), codec: undefined };
}

function attempt(done, work) {
  try {
    run(work);
  } catch (error) {
    done(error);
    return;
  }
  done();
}

derive(Zlib, Transform, {
  _transform(chunk, encoding, done) {
    attempt(done, () => {
      const bytes = bytesOf(chunk);
      const packing = this._packing;
      this.bytesWritten += bytes.length;
      packing.codec ??= packer(formatOf(packing.format, bytes), packing.unpacks, packing.level);
      packing.codec.put(bytes, (piece) => this.push(piece));
    });
  },
  _flush(done) {
    attempt(done, () => {
      const packing = this._packing;
      packing.codec ??= packer(formatOf(packing.format, []), packing.unpacks, packing.level);
      packing.codec.end((piece) => this.push(piece));
    });
  },
  close(callback) {
    if (typeof callback === "function") this.once("close", callback);
    this.destroy();
  },
  reset() { this._packing.codec = undefined; },
  flush(kind, callback) {
    const done = typeof kind === "function" ? kind : callback;
    if (typeof done === "function") queueMicrotask(() => done());
  },
  params(level, strategy, callback) { queueMicrotask(() => callback()); },
  get _outBuffer() { return Buffer.alloc(this._chunkSize); },
  // What pngjs works with: the binding of Node's own streams, which fills one buffer after the other.
  get _handle() { return this._binding === undefined ? this._binding = binding(this) : this._binding; },
  set _handle(value) { this._binding = value; },
});

function binding(stream) {
  let output;
  let at = 0;
  return {
    writeSync(flag, chunk, offset, length, target, from, room) {
      const { format, unpacks } = stream._packing;
      output ??= whole(chunk.subarray(offset, offset + length), format, unpacks, undefined);
      const size = min(room, output.length - at);
      output.copy(target, from, at, at + size);
      at += size;
      stream._writeState = [room - size, 0];
    },
    close() {},
  };
}

const zlib = {};
const kinds = [
  ["gzip", "Gzip", "gzip", false], ["gunzip", "Gunzip", "gzip", true], ["deflate", "Deflate", "deflate", false],
  ["inflate", "Inflate", "deflate", true], ["deflateRaw", "DeflateRaw", "deflate-raw", false],
  ["inflateRaw", "InflateRaw", "deflate-raw", true], ["unzip", "Unzip", "unzip", true],
];
for (let i = 0; i < kinds.length; i++) {
  const [name, Name, format, unpacks] = kinds[i];
  zlib[`${name}Sync`] = (data, options) => whole(data, format, unpacks, options);
  zlib[name] = (data, options, callback) => {
    const done = typeof options === "function" ? options : callback;
    if (typeof done !== "function") throw invalidArgument('"callback" argument', "of type function", done);
    const bytes = bytesOf(data);
    queueMicrotask(() => {
      let result;
      try {
        result = whole(bytes, format, unpacks, typeof options === "function" ? undefined : options);
      } catch (error) {
        done(error);
        return;
      }
      done(null, result);
    });
  };
  function Class(options) {
    if (!(this instanceof Class)) return new Class(options);
    apply(Zlib, this, [format, unpacks, options]);
    return undefined;
  }
  derive(Class, Zlib, {});
  defineProperty(Class, "name", { value: Name, writable: false, configurable: true, enumerable: false });
  zlib[Name] = Class;
  zlib[`create${Name}`] = (options) => new Class(options);
}

const refused = (name) => () => { throw new ErrorCtor(`zlib.${name}: jobs have gzip and deflate of Node's zlib, no Brotli and no Zstandard`); };
for (const name of [
  "brotliCompress", "brotliCompressSync", "brotliDecompress", "brotliDecompressSync", "createBrotliCompress", "createBrotliDecompress",
  "zstdCompress", "zstdCompressSync", "zstdDecompress", "zstdDecompressSync",
]) zlib[name] = refused(name);

const TABLE = new Uint32Array(256);
for (let i = 0; i < 256; i++) {
  let value = i;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  TABLE[i] = value;
}
zlib.crc32 = (data, value = 0) => {
  const bytes = bytesOf(data);
  let crc = ~value;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ TABLE[(crc ^ bytes[i]) & 0xff];
  return ~crc >>> 0;
};

zlib.constants = {
  Z_NO_FLUSH: 0, Z_PARTIAL_FLUSH: 1, Z_SYNC_FLUSH: 2, Z_FULL_FLUSH: 3, Z_FINISH: 4, Z_BLOCK: 5, Z_OK: 0, Z_STREAM_END: 1,
  Z_NEED_DICT: 2, Z_ERRNO: -1, Z_STREAM_ERROR: -2, Z_DATA_ERROR: -3, Z_MEM_ERROR: -4, Z_BUF_ERROR: -5, Z_VERSION_ERROR: -6,
  Z_NO_COMPRESSION: 0, Z_BEST_SPEED: 1, Z_BEST_COMPRESSION: 9, Z_DEFAULT_COMPRESSION: -1, Z_FILTERED: 1, Z_HUFFMAN_ONLY: 2,
  Z_RLE: 3, Z_FIXED: 4, Z_DEFAULT_STRATEGY: 0,
};

export default zlib;
