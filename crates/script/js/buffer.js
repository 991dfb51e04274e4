// Node's Buffer, as far as binary data needs it: a Uint8Array with encodings.
import { ops } from "internal:ops";
import { custom } from "internal:inspect";
import {
  ArrayBufferCtor, ArrayCtor, NumberCtor, RangeErrorCtor, StringCtor, SymbolCtor, TypeErrorCtor, Uint8ArrayCtor,
  apply, construct, defineProperty, getOwnPropertyDescriptor, getPrototypeOf, isArray, max, min, uncurryThis,
} from "internal:primordials";

const TypedArray = getPrototypeOf(Uint8ArrayCtor);
const typed = TypedArray.prototype;
const subarray = uncurryThis(typed.subarray);
const fill = uncurryThis(typed.fill);
const set = uncurryThis(typed.set);
const lengthOf = uncurryThis(getOwnPropertyDescriptor(typed, "length").get);
const tagOf = uncurryThis(getOwnPropertyDescriptor(typed, SymbolCtor.toStringTag).get);
const toLowerCase = uncurryThis(StringCtor.prototype.toLowerCase);
const padStart = uncurryThis(StringCtor.prototype.padStart);
const hexText = uncurryThis(NumberCtor.prototype.toString);
const { isView } = ArrayBufferCtor;
const view = {};
for (const kind of ["Int8", "Uint8", "Int16", "Uint16", "Int32", "Uint32", "Float32", "Float64", "BigInt64", "BigUint64"]) {
  view[`get${kind}`] = uncurryThis(DataView.prototype[`get${kind}`]);
  view[`set${kind}`] = uncurryThis(DataView.prototype[`set${kind}`]);
}
const DataViewCtor = DataView;

const encodings = {
  __proto__: null, utf8: "utf8", "utf-8": "utf8", hex: "hex", base64: "base64", base64url: "base64url",
  latin1: "latin1", binary: "latin1", ascii: "ascii", utf16le: "utf16le", "utf-16le": "utf16le", ucs2: "utf16le",
  "ucs-2": "utf16le",
};

function encodingOf(name) {
  if (name === undefined || name === null || name === "") return "utf8";
  const encoding = encodings[toLowerCase(`${name}`)];
  if (encoding === undefined) throw new TypeErrorCtor(`Unknown encoding: ${name}`);
  return encoding;
}

function sized(size) {
  if (typeof size !== "number") {
    throw new TypeErrorCtor(`The "size" argument must be of type number. Received type ${typeof size}`);
  }
  if (!(size >= 0 && size <= 0x7fffffff)) throw new RangeErrorCtor(`The value "${size}" is invalid for option "size"`);
  return construct(Uint8ArrayCtor, [size], Buffer);
}

function bytesOf(value, encoding) {
  return typeof value === "string" ? Buffer.from(value, encoding) : value;
}

function clamp(index, length, fallback) {
  if (index === undefined) return fallback;
  const number = NumberCtor(index) || 0;
  return number < 0 ? max(0, length + number) : min(number, length);
}

export class Buffer extends Uint8ArrayCtor {
  // `new Buffer(…)` is Buffer.from or Buffer.alloc; the engine's own species calls come with numbers.
  constructor(value, encodingOrOffset, length) {
    if (typeof value === "string") return Buffer.from(value, encodingOrOffset);
    super(value, encodingOrOffset, length);
  }

  static from(value, encodingOrOffset, length) {
    if (typeof value === "string") return bufferFrom(ops.text_to_bytes(value, encodingOf(encodingOrOffset)).buffer);
    if (value instanceof ArrayBufferCtor) return construct(Uint8ArrayCtor, [value, encodingOrOffset, length], Buffer);
    if (typeof value === "object" && value !== null) {
      if (value.type === "Buffer" && isArray(value.data)) return construct(Uint8ArrayCtor, [value.data], Buffer);
      if (isArray(value) || isView(value) || typeof value.length === "number") {
        return construct(Uint8ArrayCtor, [value], Buffer);
      }
      const primitive = value.valueOf?.();
      if (typeof primitive === "string") return Buffer.from(primitive, encodingOrOffset);
    }
    throw new TypeErrorCtor("The first argument must be of type string or an instance of Buffer, ArrayBuffer, or Array "
      + `or an Array-like Object. Received ${value === null ? "null" : `type ${typeof value}`}`);
  }

  static alloc(size, filling, encoding) {
    const buffer = sized(size);
    if (filling !== undefined && filling !== 0 && size > 0) buffer.fill(filling, encoding);
    return buffer;
  }

  static allocUnsafe(size) { return sized(size); }
  static allocUnsafeSlow(size) { return sized(size); }
  static isBuffer(value) { return value instanceof Buffer; }
  static isEncoding(name) { return typeof name === "string" && encodings[toLowerCase(name)] !== undefined; }

  static byteLength(value, encoding) {
    return typeof value === "string" ? Buffer.from(value, encoding).length : value.byteLength;
  }

  static concat(list, total) {
    if (!isArray(list)) throw new TypeErrorCtor('The "list" argument must be an instance of Array');
    let size = total;
    if (size === undefined) {
      size = 0;
      for (let i = 0; i < list.length; i++) size += lengthOf(list[i]);
    }
    const buffer = sized(size);
    let at = 0;
    for (let i = 0; i < list.length && at < size; i++) {
      const part = lengthOf(list[i]) > size - at ? subarray(list[i], 0, size - at) : list[i];
      set(buffer, part, at);
      at += lengthOf(part);
    }
    return buffer;
  }

  static compare(a, b) {
    const common = min(lengthOf(a), lengthOf(b));
    for (let i = 0; i < common; i++) {
      if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
    }
    return lengthOf(a) === lengthOf(b) ? 0 : lengthOf(a) < lengthOf(b) ? -1 : 1;
  }

  get parent() { return this.buffer; }
  get offset() { return this.byteOffset; }

  toString(encoding, start, end) {
    const from = clamp(start, this.length, 0);
    const to = clamp(end, this.length, this.length);
    return to <= from ? "" : ops.bytes_to_text(subarray(this, from, to), encodingOf(encoding));
  }

  toLocaleString(encoding, start, end) { return this.toString(encoding, start, end); }

  toJSON() {
    const data = [];
    for (let i = 0; i < this.length; i++) data[i] = this[i];
    return { type: "Buffer", data };
  }

  equals(other) {
    if (tagOf(other) !== "Uint8Array") throw new TypeErrorCtor('The "otherBuffer" argument must be an instance of Buffer or Uint8Array');
    return Buffer.compare(this, other) === 0;
  }

  compare(other, start, end, from, to) {
    return Buffer.compare(subarray(this, from ?? 0, to ?? this.length), subarray(other, start ?? 0, end ?? lengthOf(other)));
  }

  slice(start, end) { return this.subarray(start, end); }

  subarray(start, end) {
    const from = clamp(start, this.length, 0);
    const to = clamp(end, this.length, this.length);
    return construct(Uint8ArrayCtor, [this.buffer, this.byteOffset + from, max(0, to - from)], Buffer);
  }

  copy(target, at = 0, start = 0, end = this.length) {
    const part = subarray(this, start, min(end, start + max(0, lengthOf(target) - at)));
    set(target, part, at);
    return lengthOf(part);
  }

  fill(value, start, end, encoding) {
    let [from, to, coding] = typeof start === "string" ? [0, this.length, start] : [start ?? 0, end ?? this.length, encoding];
    if (typeof value !== "string" && !isView(value)) {
      fill(this, value, from, to);
      return this;
    }
    const pattern = bytesOf(value, coding);
    if (pattern.length === 0) fill(this, 0, from, to);
    else for (let i = from; i < to; i++) this[i] = pattern[(i - from) % pattern.length];
    return this;
  }

  indexOf(value, start, encoding) {
    if (typeof value === "number") {
      for (let i = clamp(start, this.length, 0); i < this.length; i++) if (this[i] === (value & 255)) return i;
      return -1;
    }
    const [from, coding] = typeof start === "string" ? [0, start] : [clamp(start, this.length, 0), encoding];
    const needle = bytesOf(value, coding);
    for (let i = from; i + needle.length <= this.length; i++) if (found(this, needle, i)) return i;
    return -1;
  }

  lastIndexOf(value, start, encoding) {
    const needle = typeof value === "number" ? [value & 255] : bytesOf(value, encoding);
    for (let i = min(start ?? this.length, this.length - needle.length); i >= 0; i--) if (found(this, needle, i)) return i;
    return -1;
  }

  includes(value, start, encoding) { return this.indexOf(value, start, encoding) >= 0; }

  write(text, offset, length, encoding) {
    const coding = typeof offset === "string" ? offset : typeof length === "string" ? length : encoding;
    const at = typeof offset === "number" ? offset : 0;
    const room = min(typeof length === "number" ? length : this.length - at, this.length - at);
    let bytes = Buffer.from(text, coding);
    // A character that does not fit is left out as a whole.
    let size = min(bytes.length, room);
    if (encodingOf(coding) === "utf8" && size < bytes.length) while (size > 0 && (bytes[size] & 0xc0) === 0x80) size--;
    set(this, subarray(bytes, 0, size), at);
    return size;
  }

  [custom]() {
    let text = "<Buffer";
    for (let i = 0; i < this.length && i < 50; i++) text += ` ${padStart(hexText(this[i], 16), 2, "0")}`;
    const more = this.length - 50;
    return `${text}${more > 0 ? ` ... ${more} more byte${more > 1 ? "s" : ""}` : ""}>`;
  }
}

function found(buffer, needle, at) {
  for (let i = 0; i < needle.length; i++) if (buffer[at + i] !== needle[i]) return false;
  return true;
}

function viewOf(buffer, offset, size) {
  if (typeof offset !== "number") throw new TypeErrorCtor(`The "offset" argument must be of type number. Received type ${typeof offset}`);
  if (!(offset >= 0 && offset + size <= buffer.length)) {
    throw new RangeErrorCtor(`The value of "offset" is out of range. It must be >= 0 and <= ${buffer.length - size}. Received ${offset}`);
  }
  return new DataViewCtor(buffer.buffer, buffer.byteOffset, buffer.length);
}

function addNumber(name, kind, size, little) {
  const read = view[`get${kind}`];
  const write = view[`set${kind}`];
  method(`read${name}`, function (offset = 0) { return read(viewOf(this, offset, size), offset, little); });
  method(`write${name}`, function (value, offset = 0) {
    write(viewOf(this, offset, size), offset, value, little);
    return offset + size;
  });
}

function method(name, value) {
  defineProperty(Buffer.prototype, name, { value, writable: true, configurable: true, enumerable: false });
}

addNumber("UInt8", "Uint8", 1);
addNumber("Int8", "Int8", 1);
for (const [name, kind, size] of [
  ["UInt16", "Uint16", 2], ["Int16", "Int16", 2], ["UInt32", "Uint32", 4], ["Int32", "Int32", 4],
  ["Float", "Float32", 4], ["Double", "Float64", 8], ["BigInt64", "BigInt64", 8], ["BigUInt64", "BigUint64", 8],
]) {
  addNumber(`${name}LE`, kind, size, true);
  addNumber(`${name}BE`, kind, size, false);
}

// The bytes that came from Rust, without a copy.
export function bufferFrom(arrayBuffer) {
  return construct(Uint8ArrayCtor, [arrayBuffer], Buffer);
}
