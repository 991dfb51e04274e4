// Node's crypto, and the web's: digests, random values and identifiers. Rust computes.
import { append } from "internal:core/arrays";
import { Buffer, viewed } from "internal:node/buffer";
import { DOMException } from "internal:node/dom_exception";
import { invalidArgument, outOfRange } from "internal:node/node_error";
import { ops } from "internal:core/ops";
import {
  ArrayBufferCtor, ErrorCtor, RegExpCtor, StringCtor, SymbolCtor, Uint8ArrayCtor, construct, fixed, floor,
  getPrototypeOf, uncurryThis,
} from "internal:core/primordials";
import { queueMicrotask } from "internal:node/timers";

const { isView } = ArrayBufferCtor;
const toLowerCase = uncurryThis(StringCtor.prototype.toLowerCase);
const replace = uncurryThis(RegExpCtor.prototype[SymbolCtor.replace]);
const slice = uncurryThis(StringCtor.prototype.slice);
const set = uncurryThis(getPrototypeOf(Uint8ArrayCtor).prototype.set);
const DASH = fixed(/-(?=\d)/g);
const HASHES = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"];

// `SHA-256`, `RSA-SHA256` and `sha256` are one.
function algorithmOf(name) {
  if (typeof name !== "string") throw invalidArgument('"algorithm" argument', "of type string", name);
  const plain = replace(DASH, toLowerCase(name), "");
  return slice(plain, 0, 4) === "rsa-" ? slice(plain, 4) : plain;
}

function bytesOf(data, encoding) {
  if (typeof data === "string") return Buffer.from(data, encoding);
  if (isView(data)) return viewed(data);
  if (data instanceof ArrayBufferCtor) return Buffer.from(data);
  throw invalidArgument('"data" argument', "of type string or an instance of Buffer, TypedArray, or DataView", data);
}

// What Hash and Hmac have in common: data that comes in pieces.
class Digest {
  #chunks = [];
  #done = false;
  #finish;
  constructor(finish) { this.#finish = finish; }
  update(data, encoding) {
    if (this.#done) throw new ErrorCtor("Digest already called");
    append(this.#chunks, Buffer.from(bytesOf(data, encoding)));
    return this;
  }
  digest(encoding) {
    if (this.#done) throw new ErrorCtor("Digest already called");
    this.#done = true;
    const digest = this.#finish(Buffer.concat(this.#chunks));
    return encoding === undefined || encoding === "buffer" ? digest : digest.toString(encoding);
  }
  copy() {
    const copied = new this.constructor(this.#finish);
    copied.update(Buffer.concat(this.#chunks));
    return copied;
  }
}
class Hash extends Digest {}
class Hmac extends Digest {}

function createHash(name) {
  const algorithm = algorithmOf(name);
  ops.crypto_digest(algorithm, Buffer.alloc(0));
  return new Hash((bytes) => ops.crypto_digest(algorithm, bytes));
}
function createHmac(name, key) {
  const algorithm = algorithmOf(name);
  const secret = bytesOf(key);
  ops.crypto_hmac(algorithm, secret, Buffer.alloc(0));
  return new Hmac((bytes) => ops.crypto_hmac(algorithm, secret, bytes));
}
const hash = (name, data, encoding = "hex") => createHash(name).update(data).digest(encoding);

function randomBytes(size, callback) {
  if (typeof size !== "number") throw invalidArgument('"size" argument', "of type number", size);
  const bytes = ops.crypto_random(size);
  if (typeof callback !== "function") return bytes;
  queueMicrotask(() => callback(null, bytes));
}

function getRandomValues(array) {
  if (!isView(array)) throw new DOMException("The data argument must be an integer-type TypedArray", "TypeMismatchError");
  if (array.byteLength > 65536) {
    throw new DOMException(`The requested length exceeds 65,536 bytes: ${array.byteLength}`, "QuotaExceededError");
  }
  return fillRandom(array);
}

function fillRandom(view) {
  set(construct(Uint8ArrayCtor, [view.buffer, view.byteOffset, view.byteLength]), ops.crypto_random(view.byteLength));
  return view;
}

function randomUUID() {
  const bytes = ops.crypto_random(16);
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const text = bytes.toString("hex");
  return `${slice(text, 0, 8)}-${slice(text, 8, 12)}-${slice(text, 12, 16)}-${slice(text, 16, 20)}-${slice(text, 20)}`;
}

function randomInt(min, max, callback) {
  const [low, high, done] = typeof max === "number" ? [min, max, callback] : [0, min, max];
  const range = high - low;
  if (!(range > 0 && range <= 2 ** 48 - 1)) throw outOfRange("max", `> ${low} && <= ${low + 2 ** 48 - 1}`, high);
  const bytes = ops.crypto_random(6);
  const number = low + floor((bytes.readUIntBE(0, 6) / 2 ** 48) * range);
  if (typeof done !== "function") return number;
  queueMicrotask(() => done(null, number));
}

function timingSafeEqual(a, b) {
  const [left, right] = [bytesOf(a), bytesOf(b)];
  if (left.length !== right.length) throw new ErrorCtor("Input buffers must have the same byte length");
  let differences = 0;
  for (let i = 0; i < left.length; i++) differences |= left[i] ^ right[i];
  return differences === 0;
}

const subtle = {
  async digest(algorithm, data) {
    const name = algorithmOf(typeof algorithm === "object" && algorithm !== null ? algorithm.name : algorithm);
    if (name === "md5") throw new DOMException("Unrecognized algorithm name", "NotSupportedError");
    const digest = ops.crypto_digest(name, bytesOf(data));
    return construct(Uint8ArrayCtor, [digest]).buffer;
  },
};

export const crypto = { subtle, getRandomValues, randomUUID, get [SymbolCtor.toStringTag]() { return "Crypto"; } };

export default {
  createHash, createHmac, hash, getHashes: () => [...HASHES], randomBytes, randomUUID, randomInt, timingSafeEqual, getRandomValues,
  randomFillSync: (buffer) => fillRandom(buffer),
  subtle, webcrypto: crypto, pseudoRandomBytes: randomBytes, Hash, Hmac, constants: {},
};
