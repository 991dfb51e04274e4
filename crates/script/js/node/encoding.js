// TextEncoder, TextDecoder, atob, btoa.
import { ops } from "internal:core/ops";
import { invalidArgument, rangeError, typeError } from "internal:node/node_error";
import {
  ArrayBufferCtor, ErrorCtor, RegExpCtor, StringCtor, SymbolCtor, Uint8ArrayCtor, fixed, uncurryThis,
} from "internal:core/primordials";

const toLowerCase = uncurryThis(StringCtor.prototype.toLowerCase);
const trim = uncurryThis(StringCtor.prototype.trim);
const charCodeAt = uncurryThis(StringCtor.prototype.charCodeAt);
const codePointAt = uncurryThis(StringCtor.prototype.codePointAt);
const slice = uncurryThis(StringCtor.prototype.slice);
const isWellFormed = uncurryThis(StringCtor.prototype.isWellFormed);
const replace = uncurryThis(RegExpCtor.prototype[SymbolCtor.replace]);
const subarray = uncurryThis(Uint8ArrayCtor.prototype.subarray);
const set = uncurryThis(Uint8ArrayCtor.prototype.set);
const { toStringTag } = SymbolCtor;
const WINDOWS_ONLY = fixed(/[\x80-\x9f]/g);
const { isView } = ArrayBufferCtor;

export class TextEncoder {
  get encoding() { return "utf-8"; }
  encode(text = "") { return new Uint8ArrayCtor(ops.text_to_bytes(`${text}`, "utf8").buffer); }
  // Whole characters only.
  encodeInto(source, target) {
    const text = `${source}`;
    let read = 0;
    let written = 0;
    while (read < text.length) {
      const character = codePointAt(text, read) > 0xffff ? text[read] + text[read + 1] : text[read];
      const bytes = this.encode(character);
      if (written + bytes.length > target.length) break;
      set(target, bytes, written);
      written += bytes.length;
      read += character.length;
    }
    return { read, written };
  }
  get [toStringTag]() { return "TextEncoder"; }
}

const labels = {
  __proto__: null, "utf-8": "utf8", utf8: "utf8", "unicode-1-1-utf-8": "utf8", "utf-16le": "utf16le", "utf-16": "utf16le",
  latin1: "latin1", "iso-8859-1": "latin1", ascii: "latin1", "us-ascii": "latin1", "windows-1252": "latin1",
};
const names = { utf8: "utf-8", utf16le: "utf-16le", latin1: "windows-1252" };
// Where windows-1252 is not latin1.
const WINDOWS = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ";

export class TextDecoder {
  #encoding; #fatal; #ignoreBOM;
  // What a stream has left over, and whether it has begun.
  #rest = new Uint8ArrayCtor(0);
  #begun = false;
  constructor(label = "utf-8", { fatal = false, ignoreBOM = false } = {}) {
    this.#encoding = labels[toLowerCase(trim(`${label}`))];
    if (this.#encoding === undefined) {
      throw rangeError("ERR_ENCODING_NOT_SUPPORTED", `The "${label}" encoding is not supported`);
    }
    this.#fatal = !!fatal;
    this.#ignoreBOM = !!ignoreBOM;
  }
  get encoding() { return names[this.#encoding]; }
  get fatal() { return this.#fatal; }
  get ignoreBOM() { return this.#ignoreBOM; }
  decode(input = new Uint8ArrayCtor(0), { stream = false } = {}) {
    if (!isView(input) && !(input instanceof ArrayBufferCtor)) {
      throw invalidArgument('"input" argument', "an instance of ArrayBuffer or ArrayBufferView", input);
    }
    let bytes = isView(input) ? new Uint8ArrayCtor(input.buffer, input.byteOffset, input.byteLength) : new Uint8ArrayCtor(input);
    if (this.#rest.length > 0) bytes = joined(this.#rest, bytes);
    const whole = stream ? wholeLength(bytes, this.#encoding) : bytes.length;
    this.#rest = new Uint8ArrayCtor(subarray(bytes, whole));
    const text = this.#text(subarray(bytes, 0, whole));
    const first = !this.#begun;
    this.#begun = stream && (this.#begun || text !== "");
    return first && !this.#ignoreBOM && charCodeAt(text, 0) === 0xfeff ? slice(text, 1) : text;
  }
  #text(bytes) {
    const encoding = this.#encoding;
    const odd = encoding === "utf16le" && bytes.length % 2 === 1;
    if (this.#fatal && odd) throw undecodable(encoding);
    if (this.#fatal && encoding === "utf8") {
      const text = ops.utf8_strict(bytes);
      if (text === null) throw undecodable(encoding);
      return text;
    }
    const text = ops.bytes_to_text(bytes, encoding);
    if (encoding === "latin1") return replace(WINDOWS_ONLY, text, (c) => WINDOWS[charCodeAt(c, 0) - 128]);
    if (this.#fatal && encoding === "utf16le" && !isWellFormed(text)) throw undecodable(encoding);
    return odd ? `${text}\ufffd` : text;
  }
  get [toStringTag]() { return "TextDecoder"; }
}

const undecodable = (encoding) => typeError(
  "ERR_ENCODING_INVALID_ENCODED_DATA", `The encoded data was not valid for encoding ${names[encoding]}`,
);

function joined(first, second) {
  const both = new Uint8ArrayCtor(first.length + second.length);
  set(both, first, 0);
  set(both, second, first.length);
  return both;
}

// How many of the bytes make whole characters.
function wholeLength(bytes, encoding) {
  const { length } = bytes;
  if (encoding === "latin1") return length;
  if (encoding === "utf16le") {
    const even = length - (length % 2);
    return even >= 2 && (bytes[even - 1] & 0xfc) === 0xd8 ? even - 2 : even;
  }
  for (let back = 1; back <= 3 && back <= length; back++) {
    const byte = bytes[length - back];
    if ((byte & 0xc0) === 0x80) continue;
    const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return size > back ? length - back : length;
  }
  return length;
}

function invalid() {
  const error = new ErrorCtor("The string to be decoded is not correctly encoded.");
  error.name = "InvalidCharacterError";
  return error;
}

export function btoa(text) {
  const string = `${text}`;
  for (let i = 0; i < string.length; i++) if (charCodeAt(string, i) > 255) throw invalid();
  return ops.bytes_to_text(ops.text_to_bytes(string, "latin1"), "base64");
}

export function atob(text) {
  let clean = "";
  let padding = 0;
  const string = `${text}`;
  for (let i = 0; i < string.length; i++) {
    const c = string[i];
    if (c === " " || c === "\t" || c === "\n" || c === "\f" || c === "\r") continue;
    if (c === "=") {
      padding++;
      continue;
    }
    const known = (c >= "A" && c <= "Z") || (c >= "a" && c <= "z") || (c >= "0" && c <= "9") || c === "+" || c === "/";
    if (!known || padding > 0) throw invalid();
    clean += c;
  }
  if (clean.length % 4 === 1 || padding > 2 || (padding > 0 && (clean.length + padding) % 4 !== 0)) throw invalid();
  return ops.bytes_to_text(ops.text_to_bytes(clean, "base64"), "latin1");
}
