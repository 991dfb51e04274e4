// TextEncoder, TextDecoder, atob, btoa.
import { define, ridOf } from "internal:core/handles";
import { late } from "internal:core/late";
import { custom, inspect } from "internal:core/inspect";
import { ops } from "internal:core/ops";
import { invalidArgument, rangeError, typeError } from "internal:node/node_error";
import {
  ArrayBufferCtor, StringCtor, SymbolCtor, Uint8ArrayCtor, create, uncurryThis,
} from "internal:core/primordials";

const charCodeAt = uncurryThis(StringCtor.prototype.charCodeAt);
const codePointAt = uncurryThis(StringCtor.prototype.codePointAt);
const set = uncurryThis(Uint8ArrayCtor.prototype.set);
const { toStringTag } = SymbolCtor;
const { isView } = ArrayBufferCtor;
const SharedCtor = SharedArrayBuffer;

export class TextEncoder {
  get encoding() { return "utf-8"; }
  encode(text = "") { return new Uint8ArrayCtor(ops.text_to_bytes(`${text}`, "utf8").buffer); }
  // Whole characters only.
  encodeInto(source, target) {
    if (typeof source !== "string") throw invalidArgument('"src" argument', "of type string", source);
    if (!(target instanceof Uint8ArrayCtor)) throw invalidArgument('"dest" argument', "an instance of Uint8Array", target);
    const text = source;
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

// What a stream of bytes has left over is on the other side.
class StreamDecoder {}
define("StreamDecoder", StreamDecoder);

// Every encoding of the Encoding Standard.
export class TextDecoder {
  #encoding; #fatal; #ignoreBOM;
  // The stream that has begun.
  #stream;
  constructor(label = "utf-8", options = {}) {
    if (typeof options !== "object" && typeof options !== "function") throw invalidArgument('"options" argument', "of type object", options);
    const { fatal = false, ignoreBOM = false } = options ?? {};
    this.#encoding = ops.encoding_name(`${label}`);
    if (this.#encoding === null) {
      throw rangeError("ERR_ENCODING_NOT_SUPPORTED", `The "${label}" encoding is not supported`);
    }
    this.#fatal = !!fatal;
    this.#ignoreBOM = !!ignoreBOM;
  }
  get encoding() { return this.#encoding; }
  get fatal() { return this.#fatal; }
  get ignoreBOM() { return this.#ignoreBOM; }
  decode(input = new Uint8ArrayCtor(0), options = {}) {
    const { stream = false } = options ?? {};
    if (!isView(input) && !(input instanceof ArrayBufferCtor) && !(input instanceof SharedCtor)) {
      throw invalidArgument('"input" argument', "an instance of ArrayBuffer or ArrayBufferView", input);
    }
    const bytes = isView(input) ? new Uint8ArrayCtor(input.buffer, input.byteOffset, input.byteLength) : new Uint8ArrayCtor(input instanceof SharedCtor ? new Uint8ArrayCtor(new Uint8ArrayCtor(input)) : input);
    const decoder = this.#stream ?? ops.decoder(this.#encoding, this.#ignoreBOM);
    this.#stream = stream ? decoder : undefined;
    const text = ops.decode(ridOf(decoder), bytes, this.#fatal, !stream);
    if (text !== null) return text;
    this.#stream = undefined;
    throw typeError("ERR_ENCODING_INVALID_ENCODED_DATA", `The encoded data was not valid for encoding ${this.#encoding}`);
  }
  get [toStringTag]() { return "TextDecoder"; }
  [custom](depth, options) {
    if (typeof depth === "number" && depth < 0) return this;
    const shown = create({ constructor: TextDecoder });
    shown.encoding = this.#encoding;
    shown.fatal = this.#fatal;
    shown.ignoreBOM = this.#ignoreBOM;
    return inspect(shown, options);
  }
}

function invalid(message) {
  const { DOMException } = late("node/dom_exception");
  return new DOMException(message, "InvalidCharacterError");
}
const UNDECODABLE = "The string to be decoded is not correctly encoded.";
const missing = () => typeError("ERR_MISSING_ARGS", 'The "input" argument must be specified');

export function btoa(text) {
  if (arguments.length === 0) throw missing();
  const string = `${text}`;
  for (let i = 0; i < string.length; i++) if (charCodeAt(string, i) > 255) throw invalid("Invalid character");
  return ops.bytes_to_text(ops.text_to_bytes(string, "latin1"), "base64");
}

export function atob(text) {
  if (arguments.length === 0) throw missing();
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
    if (!known || padding > 0) throw invalid(UNDECODABLE);
    clean += c;
  }
  if (clean.length % 4 === 1 || padding > 2 || (padding > 0 && (clean.length + padding) % 4 !== 0)) throw invalid(UNDECODABLE);
  return ops.bytes_to_text(ops.text_to_bytes(clean, "base64"), "latin1");
}
