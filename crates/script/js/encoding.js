// TextEncoder, TextDecoder, atob, btoa.
import { ops } from "internal:ops";
import {
  ArrayBufferCtor, ErrorCtor, RangeErrorCtor, StringCtor, TypeErrorCtor, Uint8ArrayCtor, min, uncurryThis,
} from "internal:primordials";

const toLowerCase = uncurryThis(StringCtor.prototype.toLowerCase);
const trim = uncurryThis(StringCtor.prototype.trim);
const charCodeAt = uncurryThis(StringCtor.prototype.charCodeAt);
const subarray = uncurryThis(Uint8ArrayCtor.prototype.subarray);
const { isView } = ArrayBufferCtor;

export class TextEncoder {
  get encoding() { return "utf-8"; }
  encode(text = "") { return new Uint8ArrayCtor(ops.text_to_bytes(`${text}`, "utf8").buffer); }
  encodeInto(text, target) {
    const bytes = this.encode(text);
    const written = min(bytes.length, target.length);
    target.set(subarray(bytes, 0, written));
    return { read: text.length, written };
  }
}

const labels = {
  __proto__: null, "utf-8": "utf8", utf8: "utf8", "utf-16le": "utf16le", "utf-16": "utf16le", latin1: "latin1",
  "iso-8859-1": "latin1", ascii: "latin1", "us-ascii": "latin1", "windows-1252": "latin1",
};
const names = { utf8: "utf-8", utf16le: "utf-16le", latin1: "windows-1252" };

export class TextDecoder {
  #encoding; #fatal; #ignoreBOM;
  constructor(label = "utf-8", { fatal = false, ignoreBOM = false } = {}) {
    this.#encoding = labels[toLowerCase(trim(`${label}`))];
    if (this.#encoding === undefined) throw new RangeErrorCtor(`The "${label}" encoding is not supported`);
    this.#fatal = !!fatal;
    this.#ignoreBOM = !!ignoreBOM;
  }
  get encoding() { return names[this.#encoding]; }
  get fatal() { return this.#fatal; }
  get ignoreBOM() { return this.#ignoreBOM; }
  decode(input) {
    if (input === undefined) return "";
    if (!isView(input) && !(input instanceof ArrayBufferCtor)) {
      throw new TypeErrorCtor('The "input" argument must be an instance of ArrayBuffer or ArrayBufferView.');
    }
    const bytes = isView(input) ? new Uint8ArrayCtor(input.buffer, input.byteOffset, input.byteLength) : new Uint8ArrayCtor(input);
    const strict = this.#fatal && this.#encoding === "utf8";
    const text = strict ? ops.utf8_strict(bytes) : ops.bytes_to_text(bytes, this.#encoding);
    return !this.#ignoreBOM && charCodeAt(text, 0) === 0xfeff ? text.slice(1) : text;
  }
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
