// The bodies of requests and answers: what they are made of, and the ways to read them.
import { append } from "internal:core/arrays";
import { define, ridOf } from "internal:core/handles";
import { ops } from "internal:core/ops";
import { Blob, bytesOfBlob } from "internal:node/blob";
import { Buffer, viewed } from "internal:node/buffer";
import { TextDecoder } from "internal:node/encoding";
import { FormData } from "internal:node/form_data";
import { parse } from "internal:node/json";
import { URLSearchParams } from "internal:node/url";
import { quietly } from "internal:puppeteer/disposal";
import { decodeForm, encodeForm } from "internal:web/multipart";
import { ReadableStream, isDisturbed, streamOfBytes } from "internal:web/readable_stream";
import {
  ArrayBufferCtor, ErrorCtor, StringCtor, SymbolCtor, TypeErrorCtor, Uint8ArrayCtor, WeakRefCtor, defineProperty, keys, uncurryThis,
} from "internal:core/primordials";

const { isView } = ArrayBufferCtor;
const startsWith = uncurryThis(StringCtor.prototype.startsWith);
const sliceBuffer = uncurryThis(ArrayBufferCtor.prototype.slice);
const deref = uncurryThis(WeakRefCtor.prototype.deref);

// The body of an answer, whose bytes are on the other side.
class FetchBody {}
define("FetchBody", FetchBody);
class FetchUpload {}
define("FetchUpload", FetchUpload);

// Makes the error that Node has for a failure, with the failure as its cause. Its text tells the cause, too.
export function failed(message, failure, make = (text) => new TypeErrorCtor(text)) {
  const error = make(message);
  const cause = failure instanceof ErrorCtor ? failure : causeOf(failure);
  const hidden = (name, value) => defineProperty(error, name, { value, writable: true, configurable: true, enumerable: false });
  hidden("cause", cause);
  hidden("toString", function toString() { return `${this.name}: ${this.message}: ${cause.message}`; });
  hidden("stack", `${error.stack}\n  [cause]: ${cause.name}: ${cause.message}`);
  return error;
}

function causeOf(failure) {
  const cause = new ErrorCtor(failure.message);
  const names = keys(failure);
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    if (name === "message" || (name === "name" && failure.name === "Error")) continue;
    const property = { value: failure[name], writable: true, configurable: true, enumerable: name !== "name" };
    defineProperty(cause, name, property);
  }
  return cause;
}

// Bytes that come over the network, as they are wanted.
export class NetworkBody {
  #handle; #aborted = false; #reason; #forget = () => {};
  constructor(handle, signal) {
    this.#handle = handle;
    if (signal === undefined || signal === null) return;
    // A signal may live long, and bodies that nobody reads are not to live as long.
    const self = new WeakRefCtor(this);
    const listener = () => { deref(self)?.abort(signal.reason); };
    signal.addEventListener("abort", listener, { once: true });
    this.#forget = () => signal.removeEventListener("abort", listener);
  }
  // The next piece; null at the end.
  async next() { return this.#told(await ops.fetch_read(ridOf(this.#handle))); }
  async all() {
    const bytes = this.#told(await ops.fetch_read_all(ridOf(this.#handle)));
    this.#forget();
    return bytes;
  }
  #told(answer) {
    if (this.#aborted) throw this.#reason;
    if (answer !== null && answer.failure === undefined) return answer;
    this.#forget();
    if (answer !== null) throw failed("terminated", answer.failure);
    return answer;
  }
  abort(reason) {
    this.#aborted = true;
    this.#reason = reason;
    this.close();
  }
  close() {
    this.#forget();
    ops.fetch_close(ridOf(this.#handle));
  }
}

const streamOf = (network) => new ReadableStream({
  type: "bytes",
  async pull(controller) {
    const piece = await network.next();
    if (piece === null) controller.close();
    else controller.enqueue(new Uint8ArrayCtor(piece.buffer, piece.byteOffset, piece.length));
  },
  cancel() { network.close(); },
});

// What a body is made of: `bytes`, a `network` body, or a `stream`; one of them at a time.
export class Payload {
  constructor({ bytes, network, stream, type = null }) {
    this.bytes = bytes;
    this.network = network;
    this.made = stream;
    this.type = type;
    this.used = false;
  }
  get stream() {
    if (this.made === undefined) this.made = this.network === undefined ? streamOfBytes(this.bytes) : streamOf(this.network);
    return this.made;
  }
  get isUsed() { return this.used || (this.made !== undefined && isDisturbed(this.made)); }
  get isUsable() { return !this.isUsed && (this.made === undefined || !this.made.locked); }
  // All bytes, once.
  async take() {
    const { made } = this;
    this.used = true;
    if (made !== undefined) return collect(made.getReader());
    return this.network === undefined ? this.bytes : this.network.all();
  }
  // The same once more.
  copy() {
    if (this.made === undefined && this.network === undefined) return new Payload({ bytes: this.bytes, type: this.type });
    const [one, other] = this.stream.tee();
    this.made = one;
    return new Payload({ stream: other, type: this.type });
  }
}

async function collect(reader) {
  const parts = [];
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return Buffer.concat(parts);
    if (!isView(value)) throw new TypeErrorCtor("Received non-Uint8Array chunk");
    append(parts, viewed(value));
  }
}

// The payload of what a script gives as a body; undefined for none.
export function payloadOf(body) {
  if (body === undefined || body === null) return undefined;
  if (typeof body === "object") {
    if (body instanceof ReadableStream) {
      if (body.locked || isDisturbed(body)) throw new TypeErrorCtor("Response body object should not be disturbed or locked");
      return new Payload({ stream: body });
    }
    if (body instanceof URLSearchParams) {
      return new Payload({ bytes: Buffer.from(`${body}`), type: "application/x-www-form-urlencoded;charset=UTF-8" });
    }
    if (body instanceof Blob) return new Payload({ bytes: bytesOfBlob(body), type: body.type || null });
    if (body instanceof FormData) return new Payload(encodeForm(body));
    if (isView(body)) return new Payload({ bytes: Buffer.from(viewed(body)) });
    if (body instanceof ArrayBufferCtor) return new Payload({ bytes: Buffer.from(sliceBuffer(body, 0)) });
    // Streams of Node, and generators.
    if (typeof body[SymbolCtor.asyncIterator] === "function") return new Payload({ stream: ReadableStream.from(bytesIn(body)) });
  }
  return new Payload({ bytes: Buffer.from(`${body}`), type: "text/plain;charset=UTF-8" });
}

async function* bytesIn(items) {
  for await (const item of items) yield typeof item === "string" ? Buffer.from(item) : item;
}

// What Request and Response have in common.
export class Body {
  #payload;
  static set(object, payload) { object.#payload = payload; }
  static get(object) { return object.#payload; }
  get body() { return this.#payload?.stream ?? null; }
  get bodyUsed() { return this.#payload?.isUsed ?? false; }
  async #take() {
    if (this.#payload === undefined) return Buffer.alloc(0);
    if (!this.#payload.isUsable) throw new TypeErrorCtor("Body is unusable: Body has already been read");
    return this.#payload.take();
  }
  async arrayBuffer() {
    const { buffer, byteOffset, length } = await this.#take();
    return byteOffset === 0 && length === buffer.byteLength ? buffer : sliceBuffer(buffer, byteOffset, byteOffset + length);
  }
  async bytes() { return new Uint8ArrayCtor(await this.arrayBuffer()); }
  async blob() { return new Blob([await this.#take()], { type: this.headers.get("content-type") ?? "" }); }
  async text() { return new TextDecoder().decode(await this.#take()); }
  async json() { return parse(await this.text()); }
  async formData() {
    const type = this.headers.get("content-type") ?? "";
    const kind = `${type}`.toLowerCase();
    if (startsWith(kind, "multipart/form-data")) return decodeForm(await this.#take(), type);
    if (startsWith(kind, "application/x-www-form-urlencoded")) {
      const form = new FormData();
      new URLSearchParams(await this.text()).forEach((value, name) => { form.append(name, value); });
      return form;
    }
    throw new TypeErrorCtor('Content-Type was not one of "multipart/form-data" or "application/x-www-form-urlencoded".');
  }
}
const { set: setPayload, get: getPayload } = Body;
delete Body.set;
delete Body.get;
export { setPayload, getPayload };

// Gives a request or answer that is being made its body, and the header for it.
export function give(message, headers, payload) {
  setPayload(message, payload);
  if (payload.type !== null && !headers.has("content-type")) headers.append("content-type", payload.type);
}

// Sends what a stream gives; answers the upload's number for the request, and what stops it.
export function upload(stream) {
  const handle = ops.fetch_upload();
  const rid = ridOf(handle);
  const reader = stream.getReader();
  const feed = async () => {
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        if (!isView(value)) throw new TypeErrorCtor("Received non-Uint8Array chunk");
        if (value.byteLength > 0 && !await ops.fetch_write(rid, value)) {
          await reader.cancel();
          return undefined;
        }
      }
      await ops.fetch_finish(rid, false);
      return undefined;
    } catch (error) {
      await ops.fetch_finish(rid, true);
      return error;
    }
  };
  // What broke off, if anything: the request fails then.
  const fed = feed();
  quietly(fed);
  return { handle, rid, fed, cancel(reason) { quietly(reader.cancel(reason)); } };
}
