// Node's crypto, and the web's: digests, random values and identifiers. Rust computes.
import { append } from "internal:core/arrays";
import { Buffer, viewed } from "internal:node/buffer";
import { DOMException } from "internal:node/dom_exception";
import { invalidArgument, outOfRange, rangeError, typeError, withCode } from "internal:node/node_error";
import { late } from "internal:core/late";
import { ops } from "internal:core/ops";
import {
  ArrayBufferCtor, ErrorCtor, RegExpCtor, StringCtor, SymbolCtor, Uint8ArrayCtor, apply, ceil, construct, defineProperty, fixed, floor,
  getPrototypeOf, min, uncurryThis,
} from "internal:core/primordials";
import { queueMicrotask } from "internal:node/timers";

const { isView } = ArrayBufferCtor;
const toLowerCase = uncurryThis(StringCtor.prototype.toLowerCase);
const replace = uncurryThis(RegExpCtor.prototype[SymbolCtor.replace]);
const slice = uncurryThis(StringCtor.prototype.slice);
const set = uncurryThis(getPrototypeOf(Uint8ArrayCtor).prototype.set);
const test = uncurryThis(RegExpCtor.prototype.test);
const INTEGERS = fixed(/^(Big)?(Int|Uint)/);
// How many random bytes are asked for at once.
const AT_ONCE = 1 << 20;
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
  #stream;
  constructor(finish) { this.#finish = finish; }
  update(data, encoding) {
    if (this.#done) throw withCode("ERR_CRYPTO_HASH_FINALIZED", "Digest already called");
    append(this.#chunks, Buffer.from(bytesOf(data, encoding)));
    return this;
  }
  digest(encoding) {
    if (this.#done) throw withCode("ERR_CRYPTO_HASH_FINALIZED", "Digest already called");
    this.#done = true;
    const digest = this.#finish(Buffer.concat(this.#chunks));
    return encoding === undefined || encoding === "buffer" ? digest : digest.toString(encoding);
  }
  // Both are streams, too: what is written is hashed, and the digest can be read.
  #asStream() {
    if (this.#stream !== undefined) return this.#stream;
    const self = this;
    const { Transform } = late("node/stream");
    this.#stream = new Transform({
      transform(chunk, encoding, done) {
        self.update(chunk);
        done();
      },
      flush(done) {
        this.push(self.digest());
        done();
      },
    });
    return this.#stream;
  }
  static {
    const names = [
      "write", "end", "read", "pipe", "setEncoding", "on", "once", "off", "emit", "addListener", "removeListener", "prependListener",
      "listenerCount", "destroy", "resume", "pause", "unpipe",
    ];
    for (let i = 0; i < names.length; i++) {
      const method = { [names[i]](...args) {
        const stream = this.#asStream();
        const answer = apply(stream[names[i]], stream, args);
        return answer === stream ? this : answer;
      } }[names[i]];
      defineProperty(this.prototype, names[i], { value: method, writable: true, configurable: true, enumerable: false });
    }
    defineProperty(this.prototype, SymbolCtor.asyncIterator, {
      value() { return this.#asStream()[SymbolCtor.asyncIterator](); }, writable: true, configurable: true, enumerable: false,
    });
  }
  get writable() { return this.#asStream().writable; }
  get readable() { return this.#asStream().readable; }
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
  if (!(size >= 0 && size <= 0x7fffffff)) throw outOfRange("size", ">= 0 && <= 2147483647", size);
  const bytes = fillRandom(Buffer.alloc(size));
  if (typeof callback !== "function") return bytes;
  queueMicrotask(() => callback(null, bytes));
}

function getRandomValues(array) {
  if (arguments.length === 0) throw typeError("ERR_MISSING_ARGS", 'The "array" argument must be specified');
  if (!isView(array) || !test(INTEGERS, ops.kind_of(array))) throw new DOMException("The data argument must be an integer-type TypedArray", "TypeMismatchError");
  if (array.byteLength > 65536) {
    throw new DOMException(`The requested length exceeds 65,536 bytes: ${array.byteLength}`, "QuotaExceededError");
  }
  return fillRandom(array);
}

function fillRandom(view) {
  const bytes = construct(Uint8ArrayCtor, [view.buffer, view.byteOffset, view.byteLength]);
  for (let at = 0; at < view.byteLength; at += AT_ONCE) set(bytes, ops.crypto_random(min(AT_ONCE, view.byteLength - at)), at);
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

function pbkdf2Sync(password, salt, iterations, size, name = "sha1") {
  if (!(iterations >= 1 && iterations <= 0x7fffffff)) throw outOfRange("iterations", ">= 1 && <= 2147483647", iterations);
  const secret = bytesOf(password);
  const algorithm = algorithmOf(name);
  const seed = bytesOf(salt);
  const length = ops.crypto_hmac(algorithm, secret, Buffer.alloc(0)).length;
  const blocks = [];
  for (let block = 1; block <= ceil(size / length); block++) {
    const number = Buffer.alloc(4);
    number.writeUInt32BE(block);
    let round = ops.crypto_hmac(algorithm, secret, Buffer.concat([seed, number]));
    const sum = Buffer.from(round);
    for (let i = 1; i < iterations; i++) {
      round = ops.crypto_hmac(algorithm, secret, round);
      for (let j = 0; j < length; j++) sum[j] ^= round[j];
    }
    append(blocks, sum);
  }
  return Buffer.concat(blocks).subarray(0, size);
}
function pbkdf2(password, salt, iterations, size, name, callback) {
  queueMicrotask(() => {
    let key;
    try {
      key = pbkdf2Sync(password, salt, iterations, size, name);
    } catch (error) {
      callback(error);
      return;
    }
    callback(null, key);
  });
}

// What a job's crypto does not have says so when it is called.
const absent = {};
const ABSENT = [
  "createCipheriv", "createDecipheriv", "createSign", "createVerify", "createDiffieHellman", "createECDH", "createPrivateKey", "createPublicKey",
  "createSecretKey", "generateKeyPair", "generateKeyPairSync", "generateKey", "generateKeySync", "hkdf", "hkdfSync", "privateDecrypt",
  "privateEncrypt", "publicDecrypt", "publicEncrypt", "scrypt", "scryptSync", "sign", "verify",
];
for (let i = 0; i < ABSENT.length; i++) {
  const name = ABSENT[i];
  absent[name] = { [name]() { throw new ErrorCtor(`crypto.${name}: jobs have digests, HMAC, PBKDF2 and random values of Node's crypto, no ciphers and keys: use a package that is written in JavaScript`); } }[name];
}

function timingSafeEqual(a, b) {
  for (const [name, value] of [["buf1", a], ["buf2", b]]) {
    if (!isView(value) && !(value instanceof ArrayBufferCtor)) {
      throw typeError("ERR_INVALID_ARG_TYPE", `The "${name}" argument must be an instance of ArrayBuffer, Buffer, TypedArray, or DataView.`);
    }
  }
  const [left, right] = [bytesOf(a), bytesOf(b)];
  if (left.length !== right.length) throw rangeError("ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH", "Input buffers must have the same byte length");
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
  randomFillSync: (buffer) => fillRandom(buffer), randomFill: (buffer, callback) => { queueMicrotask(() => callback(null, fillRandom(buffer))); },
  pbkdf2, pbkdf2Sync, ...absent, getCiphers: () => [], getCurves: () => [], getFips: () => 0,
  subtle, webcrypto: crypto, pseudoRandomBytes: randomBytes, Hash, Hmac, constants: {},
};
