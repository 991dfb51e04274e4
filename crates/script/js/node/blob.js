// Blob and File.
import { append } from "internal:core/arrays";
import { Buffer, viewed } from "internal:node/buffer";
import { custom, inspect } from "internal:core/inspect";
import { late } from "internal:core/late";
import { invalidArgument, typeError } from "internal:node/node_error";
import {
  ArrayBufferCtor, NumberCtor, StringCtor, SymbolCtor, Uint8ArrayCtor, create, construct, max, min, now, uncurryThis,
} from "internal:core/primordials";

const { isView } = ArrayBufferCtor;
const toLowerCase = uncurryThis(StringCtor.prototype.toLowerCase);
const sliceBuffer = uncurryThis(ArrayBufferCtor.prototype.slice);

let bytesOf;
const { assign: setNames } = Object;

export class Blob {
  #bytes;
  #type;
  static { bytesOf = (blob) => blob.#bytes; }
  constructor(parts = [], options = {}) {
    if (typeof parts !== "object" || parts === null || typeof parts[SymbolCtor.iterator] !== "function") {
      throw invalidArgument('"sources" argument', "a sequence", parts);
    }
    const list = [];
    for (const part of parts) append(list, bytes(part));
    this.#bytes = Buffer.concat(list);
    this.#type = toLowerCase(`${options?.type ?? ""}`);
  }
  get size() { return this.#bytes.length; }
  get type() { return this.#type; }
  async arrayBuffer() { return sliceBuffer(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteOffset + this.#bytes.length); }
  async bytes() { return construct(Uint8ArrayCtor, [await this.arrayBuffer()]); }
  async text() { return this.#bytes.toString("utf8"); }
  slice(start = 0, end = this.size, type = "") {
    const at = (index) => (index < 0 ? max(0, this.size + index) : min(index, this.size));
    return new Blob([this.#bytes.subarray(at(start), max(at(start), at(end)))], { type });
  }
  // Streams are read when somebody asks for one.
  stream() {
    const { streamOfBytes } = late("web/readable_stream");
    return streamOfBytes(this.#bytes);
  }
  get [SymbolCtor.toStringTag]() { return "Blob"; }
  [custom](depth, options) {
    if (typeof depth === "number" && depth < 0) return this;
    const { size, type } = this;
    return inspect(setNames(create({ constructor: Blob }), { size, type }), options);
  }
}
export { bytesOf as bytesOfBlob };

function bytes(part) {
  if (part instanceof Blob) return bytesOf(part);
  if (part instanceof ArrayBufferCtor) return Buffer.from(part);
  if (isView(part)) return viewed(part);
  return Buffer.from(`${part}`);
}

export class File extends Blob {
  #name;
  #lastModified;
  constructor(parts, name, options = {}) {
    if (arguments.length < 2) throw typeError("ERR_MISSING_ARGS", 'The "fileBits" and "fileName" arguments must be specified');
    super(parts, options);
    this.#name = `${name}`;
    this.#lastModified = options?.lastModified === undefined ? now() : NumberCtor(options.lastModified);
  }
  get name() { return this.#name; }
  get lastModified() { return this.#lastModified; }
  get webkitRelativePath() { return ""; }
  get [SymbolCtor.toStringTag]() { return "File"; }
  [custom](depth, options) {
    if (typeof depth === "number" && depth < 0) return this;
    const { size, type, name, lastModified } = this;
    return inspect(setNames(create({ constructor: File }), { size, type, name, lastModified }), options);
  }
}
