// Node's string_decoder: text out of bytes that come in pieces.
import { Buffer } from "internal:node/buffer";
import { typeError } from "internal:node/node_error";

// How many bytes at the end are part of a character that is not complete.
function incomplete(buffer, encoding) {
  if (encoding === "utf16le" || encoding === "ucs2") return buffer.length % 2;
  if (encoding === "base64" || encoding === "base64url") return buffer.length % 3;
  if (encoding !== "utf8") return 0;
  for (let back = 1; back <= 3 && back <= buffer.length; back++) {
    const byte = buffer[buffer.length - back];
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0;
    if (byte < 0x80) return 0;
  }
  return 0;
}

export class StringDecoder {
  #rest = Buffer.alloc(0);
  constructor(encoding = "utf8") {
    if (!Buffer.isEncoding(encoding)) throw typeError("ERR_UNKNOWN_ENCODING", `Unknown encoding: ${encoding}`);
    this.encoding = `${encoding}`.toLowerCase().replace("utf-8", "utf8");
  }
  write(chunk) {
    if (typeof chunk === "string") return chunk;
    const bytes = Buffer.concat([this.#rest, Buffer.from(chunk)]);
    const left = incomplete(bytes, this.encoding);
    this.#rest = bytes.subarray(bytes.length - left);
    return bytes.subarray(0, bytes.length - left).toString(this.encoding);
  }
  end(chunk) {
    const text = (chunk === undefined ? "" : this.write(chunk)) + this.#rest.toString(this.encoding);
    this.#rest = Buffer.alloc(0);
    return text;
  }
}

export default { StringDecoder };
