// Node's Buffer, as far as binary data needs it: a Uint8Array with encodings.
import { setBuffer } from "internal:core/buffer_class";
import { ops } from "internal:core/ops";
import { addNumbers, spaced as shownNumber } from "internal:node/buffer_numbers";
import { modern } from "internal:core/api";
import { custom, inspect } from "internal:core/inspect";
import { invalidArgument, outOfRange, rangeError, typeError } from "internal:node/node_error";
import {
  ArrayBufferCtor, NumberCtor, StringCtor, SymbolCtor, Uint8ArrayCtor, apply, construct, defineProperty,
  getOwnPropertyDescriptor, getPrototypeOf, isArray, keys, max, min, numberIsNaN, ownKeys, setPrototypeOf, trunc, uncurryThis,
} from "internal:core/primordials";

const TypedArray = getPrototypeOf(Uint8ArrayCtor);
const typed = TypedArray.prototype;
const subarray = uncurryThis(typed.subarray);
const fill = uncurryThis(typed.fill);
const set = uncurryThis(typed.set);
const typedSlice = uncurryThis(typed.slice);
const reverse = uncurryThis(typed.reverse);
const lengthOf = uncurryThis(getOwnPropertyDescriptor(typed, "length").get);
const tagOf = uncurryThis(getOwnPropertyDescriptor(typed, SymbolCtor.toStringTag).get);
const toLowerCase = uncurryThis(StringCtor.prototype.toLowerCase);
const padStart = uncurryThis(StringCtor.prototype.padStart);
const hexText = uncurryThis(NumberCtor.prototype.toString);
const { isView } = ArrayBufferCtor;
const encodings = {
  __proto__: null, utf8: "utf8", "utf-8": "utf8", hex: "hex", base64: "base64", base64url: "base64url",
  latin1: "latin1", binary: "latin1", ascii: "ascii", utf16le: "utf16le", "utf-16le": "utf16le", ucs2: "utf16le",
  "ucs-2": "utf16le",
};

function encodingOf(name) {
  if (typeof name !== "string" || name === "") return "utf8";
  const encoding = encodings[toLowerCase(name)];
  if (encoding === undefined) throw typeError("ERR_UNKNOWN_ENCODING", `Unknown encoding: ${name}`);
  return encoding;
}

function sized(size) {
  if (typeof size !== "number") throw invalidArgument('"size" argument', "of type number", size);
  if (!(size >= 0 && size <= 0x7fffffff)) {
    if (modern) throw outOfRange("size", ">= 0 && <= 9007199254740991", shownNumber(size));
    throw rangeError("ERR_INVALID_OPT_VALUE", `The value "${size}" is invalid for option "size"`);
  }
  return construct(Uint8ArrayCtor, [size], Buffer);
}

// How many bytes a text needs at most; not all that looks like hexadecimal digits or Base64 is.
function textSize(text, encoding) {
  const { length } = text;
  if (encoding === "latin1") return length;
  if (encoding === "utf16le") return length * 2;
  if (encoding === "hex") return length >>> 1;
  if (encoding === "base64" || encoding === "base64url") {
    const padding = text[length - 1] !== "=" ? 0 : length > 1 && text[length - 2] === "=" ? 2 : 1;
    return ((length - padding) * 3) >>> 2;
  }
  return Buffer.from(text, encoding).length;
}

function checked(value, name) {
  if (tagOf(value) !== "Uint8Array") {
    throw invalidArgument(`"${name}" argument`, "an instance of Buffer or Uint8Array", value);
  }
  return value;
}

function bytesOf(value, encoding) {
  return typeof value === "string" ? Buffer.from(value, encoding) : value;
}

function clamp(index, length, fallback) {
  if (index === undefined) return fallback;
  const number = NumberCtor(index) || 0;
  return number < 0 ? max(0, length + number) : min(number, length);
}

// In Node `Buffer(…)` without `new` makes one, too. The class is behind a function of its name.
function callable(Class) {
  function Buffer(value, encodingOrOffset, length) {
    if (new.target !== undefined) return construct(Class, [value, encodingOrOffset, length], new.target === Buffer ? Class : new.target);
    return typeof value === "number" ? Class.alloc(value) : Class.from(value, encodingOrOffset, length);
  }
  const statics = ownKeys(Class);
  for (let i = 0; i < statics.length; i++) defineProperty(Buffer, statics[i], getOwnPropertyDescriptor(Class, statics[i]));
  defineProperty(Buffer, "name", { value: "Buffer", configurable: true });
  setPrototypeOf(Buffer, getPrototypeOf(Class));
  defineProperty(Class.prototype, "constructor", { value: Buffer, writable: true, configurable: true, enumerable: false });
  return Buffer;
}

const FROM = "of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object";

class BufferClass extends Uint8ArrayCtor {
  // `new Buffer(…)` is Buffer.from or Buffer.alloc; the engine's own species calls come with numbers.
  constructor(value, encodingOrOffset, length) {
    if (typeof value === "string") return Buffer.from(value, encodingOrOffset);
    super(value, encodingOrOffset, length);
  }

  static from(value, encodingOrOffset, length) {
    if (typeof value === "string") return bufferFrom(ops.text_to_bytes(value, encodingOf(encodingOrOffset)).buffer);
    if (value instanceof ArrayBufferCtor) {
      const offset = +encodingOrOffset || 0;
      if (offset > value.byteLength) throw rangeError("ERR_BUFFER_OUT_OF_BOUNDS", '"offset" is outside of buffer bounds');
      if (length > value.byteLength - offset) throw rangeError("ERR_BUFFER_OUT_OF_BOUNDS", '"length" is outside of buffer bounds');
      return construct(Uint8ArrayCtor, [value, encodingOrOffset, length], Buffer);
    }
    if (typeof value === "object" && value !== null) {
      const primitive = value.valueOf && value.valueOf();
      if (primitive !== null && primitive !== value && (typeof primitive === "string" || typeof primitive === "object")) {
        return Buffer.from(primitive, encodingOrOffset, length);
      }
      if (value.length !== undefined || isView(value)) {
        return typeof value.length === "number" ? construct(Uint8ArrayCtor, [value], Buffer) : sized(0);
      }
      if (value.type === "Buffer" && isArray(value.data)) return construct(Uint8ArrayCtor, [value.data], Buffer);
      const method = value[SymbolCtor.toPrimitive];
      if (typeof method === "function") return Buffer.from(apply(method, value, ["string"]), encodingOrOffset);
    }
    throw invalidArgument("first argument", FROM, value);
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
    if (typeof value === "string") return textSize(value, encodingOf(encoding));
    if (isView(value) || value instanceof ArrayBufferCtor) return value.byteLength;
    throw invalidArgument('"string" argument', "of type string or an instance of Buffer or ArrayBuffer", value);
  }

  static concat(list, total) {
    if (!isArray(list)) throw invalidArgument('"list" argument', "an instance of Array", list);
    for (let i = 0; i < list.length; i++) checked(list[i], `list[${i}]`);
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
    checked(a, "buf1");
    checked(b, "buf2");
    const common = min(lengthOf(a), lengthOf(b));
    for (let i = 0; i < common; i++) {
      if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
    }
    return lengthOf(a) === lengthOf(b) ? 0 : lengthOf(a) < lengthOf(b) ? -1 : 1;
  }

  static copyBytesFrom(view, offset = 0, length = view.length - offset) {
    if (!isView(view) || tagOf(view) === undefined) throw invalidArgument('"view" argument', "an instance of TypedArray", view);
    return Buffer.from(viewed(typedSlice(view, offset, offset + length)));
  }

  static get poolSize() { return 8192; }

  get parent() { return this.buffer; }
  get offset() { return this.byteOffset; }

  toString(encoding, start, end) {
    const from = start > 0 ? trunc(start) : 0;
    const to = end === undefined ? this.length : min(trunc(end) || 0, this.length);
    return to <= from ? "" : ops.bytes_to_text(subarray(this, from, to), encodingOf(encoding));
  }

  toLocaleString(encoding, start, end) { return this.toString(encoding, start, end); }

  toJSON() {
    const data = [];
    for (let i = 0; i < this.length; i++) data[i] = this[i];
    return { type: "Buffer", data };
  }

  equals(other) {
    return Buffer.compare(this, checked(other, "otherBuffer")) === 0;
  }

  compare(other, start, end, from, to) {
    checked(other, "target");
    return Buffer.compare(subarray(this, from ?? 0, to ?? this.length), subarray(other, start ?? 0, end ?? lengthOf(other)));
  }

  slice(start, end) { return this.subarray(start, end); }

  subarray(start, end) {
    const from = clamp(start, this.length, 0);
    const to = clamp(end, this.length, this.length);
    return construct(Uint8ArrayCtor, [this.buffer, this.byteOffset + from, max(0, to - from)], Buffer);
  }

  copy(target, at = 0, start = 0, end = this.length) {
    checked(target, "target");
    if (at < 0) throw outOfRange("targetStart", ">= 0", at);
    if (start < 0 || (modern && start > this.length)) throw outOfRange("sourceStart", `>= 0 && <= ${this.length}`, start);
    if (end < 0) throw outOfRange("sourceEnd", ">= 0", end);
    if (at >= lengthOf(target) || start >= this.length) return 0;
    const part = subarray(this, start, min(end, start + max(0, lengthOf(target) - at)));
    set(target, part, at);
    return lengthOf(part);
  }

  fill(value, start, end, encoding) {
    const named = typeof start === "string";
    const from = named ? 0 : start ?? 0;
    const to = named ? this.length : end ?? this.length;
    const coding = named ? start : encoding;
    if (from < 0) throw outOfRange("offset", ">= 0 && <= 2147483647", from);
    if (to < 0 || to > this.length) throw outOfRange("end", `>= 0 && <= ${this.length}`, to);
    if (typeof value !== "string" && !isView(value)) {
      fill(this, value, from, to);
      return this;
    }
    const pattern = bytesOf(value, coding);
    if (pattern.length === 0 && value.length > 0) {
      throw typeError("ERR_INVALID_ARG_VALUE", `The argument 'value' is invalid. Received ${inspect(value)}`);
    }
    if (pattern.length === 0) fill(this, 0, from, to);
    else for (let i = from; i < to; i++) this[i] = pattern[(i - from) % pattern.length];
    return this;
  }

  indexOf(value, start, encoding) {
    const from = typeof start === "string" ? 0 : clamp(start, this.length, 0);
    const needle = needleOf(value, typeof start === "string" ? start : encoding);
    for (let i = from; i + needle.length <= this.length; i++) if (found(this, needle, i)) return i;
    return needle.length === 0 ? this.length : -1;
  }

  lastIndexOf(value, start, encoding) {
    const coding = typeof start === "string" ? start : encoding;
    const given = typeof start === "string" ? NaN : NumberCtor(start);
    const needle = needleOf(value, coding);
    const from = numberIsNaN(given) ? this.length : given < 0 ? this.length + given : given;
    for (let i = min(from, this.length - needle.length); i >= 0; i--) if (found(this, needle, i)) return i;
    return -1;
  }

  includes(value, start, encoding) { return this.indexOf(value, start, encoding) >= 0; }

  write(text, offset, length, encoding) {
    if (typeof text !== "string") throw typeError("ERR_INVALID_ARG_TYPE", "argument must be a string");
    const coding = encodingOf(typeof offset === "string" ? offset : typeof length === "string" ? length : encoding);
    const at = typeof offset === "number" ? offset : 0;
    if (at < 0 || at > this.length) throw outOfRange("offset", `>= 0 && <= ${this.length}`, at);
    if (length < 0 || (typeof length === "number" && length > this.length)) throw outOfRange("length", `>= 0 && <= ${this.length}`, length);
    const room = min(typeof length === "number" ? length : this.length - at, this.length - at);
    const bytes = Buffer.from(text, coding);
    let size = min(bytes.length, room);
    // A character that does not fit is left out as a whole.
    if (coding === "utf8" && size < bytes.length) while (size > 0 && (bytes[size] & 0xc0) === 0x80) size--;
    if (coding === "utf16le") size -= size % 2;
    set(this, subarray(bytes, 0, size), at);
    return size;
  }

  swap16() { return swapped(this, 2); }
  swap32() { return swapped(this, 4); }
  swap64() { return swapped(this, 8); }

  inspect(depth, options) {
    let text = "";
    for (let i = 0; i < this.length && i < 50; i++) text += `${i > 0 ? " " : ""}${padStart(hexText(this[i], 16), 2, "0")}`;
    const more = this.length - 50;
    if (more > 0) text += ` ... ${more} more byte${more > 1 ? "s" : ""}`;
    const names = keys(this);
    for (let i = this.length; i < names.length; i++) text += `, ${names[i]}: ${inspect(this[names[i]], options)}`;
    return `<${this.constructor.name} ${text}>`;
  }
  [custom](depth, options) { return apply(Buffer.prototype.inspect, this, [depth, options]); }
}

// What older libraries call: `utf8Slice(start, end)`, `utf8Write(text, offset, length)`.
const NAMED = ["utf8", "hex", "base64", "base64url", "latin1", "ascii", "ucs2"];
for (let i = 0; i < NAMED.length; i++) {
  const name = NAMED[i];
  const own = {
    [`${name}Slice`](start, end) { return this.toString(name, start, end); },
    [`${name}Write`](text, offset, length) { return this.write(text, offset, length, name); },
  };
  for (const each of [`${name}Slice`, `${name}Write`]) {
    defineProperty(BufferClass.prototype, each, { value: own[each], writable: true, configurable: true, enumerable: false });
  }
}

export const Buffer = callable(BufferClass);
setBuffer(Buffer);
addNumbers(Buffer.prototype);

function swapped(buffer, size) {
  if (buffer.length % size !== 0) {
    throw rangeError("ERR_INVALID_BUFFER_SIZE", `Buffer size must be a multiple of ${size * 8}-bits`);
  }
  for (let i = 0; i < buffer.length; i += size) reverse(subarray(buffer, i, i + size));
  return buffer;
}

function needleOf(value, encoding) {
  if (typeof value === "number") return [value & 255];
  if (typeof value === "string" || tagOf(value) === "Uint8Array") return bytesOf(value, encoding);
  throw invalidArgument('"value" argument', "one of type number or string or an instance of Buffer or Uint8Array", value);
}

function found(buffer, needle, at) {
  for (let i = 0; i < needle.length; i++) if (buffer[at + i] !== needle[i]) return false;
  return true;
}

// The bytes of a view of any kind, without a copy.
export function viewed(view) {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength);
}

// The bytes that came from Rust, without a copy.
export function bufferFrom(arrayBuffer) {
  return construct(Uint8ArrayCtor, [arrayBuffer], Buffer);
}
