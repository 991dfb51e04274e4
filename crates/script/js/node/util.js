// Node's util.
import { append } from "internal:core/arrays";
import { deepEqual } from "internal:node/deep_equal";
import { TextDecoder, TextEncoder } from "internal:node/encoding";
import { format } from "internal:node/format";
import { inspect } from "internal:core/inspect";
import { invalidArgument, typeError } from "internal:node/node_error";
import { ops } from "internal:core/ops";
import { parseArgs } from "internal:node/parse_args";
import {
  ArrayBufferCtor, ErrorCtor, ObjectCtor, PromiseCtor, RegExpCtor, StringCtor, SymbolCtor, apply, defineProperty, fixed,
  isArray, setPrototypeOf, uncurryThis,
} from "internal:core/primordials";
import { logger } from "internal:node/console";
import { queueMicrotask, setImmediate, setTimeout } from "internal:node/timers";

const replace = uncurryThis(RegExpCtor.prototype[SymbolCtor.replace]);
const toWellFormed = uncurryThis(StringCtor.prototype.toWellFormed);
const startsWith = uncurryThis(StringCtor.prototype.startsWith);
const ESCAPES = fixed(/[\u001b\u009b][[\]()#;?]*(?:\d{1,4}(?:;\d{0,4})*)?[\dA-PR-TZcf-nq-uy=><~]/g);
const custom = SymbolCtor.for("nodejs.util.promisify.custom");

// Functions with a promised form of their own.
function promised(run, form) {
  defineProperty(run, custom, { value: form, configurable: true, enumerable: false, writable: false });
}
promised(setTimeout, (delay, value) => new PromiseCtor((resolve) => { setTimeout(() => resolve(value), delay); }));
promised(setImmediate, (value) => new PromiseCtor((resolve) => { setImmediate(() => resolve(value)); }));

function promisify(original) {
  if (typeof original !== "function") throw invalidArgument('"original" argument', "of type function", original);
  if (original[custom] !== undefined) return original[custom];
  function form(...args) {
    return new PromiseCtor((resolve, reject) => {
      append(args, (error, value) => { error ? reject(error) : resolve(value); });
      apply(original, this, args);
    });
  }
  defineProperty(form, custom, { value: form, configurable: true, enumerable: false, writable: false });
  return setPrototypeOf(form, ObjectCtor.getPrototypeOf(original));
}
promisify.custom = custom;

function callbackify(original) {
  return function (...args) {
    const callback = args[args.length - 1];
    args.length--;
    const settled = apply(original, this, args);
    settled.then((value) => queueMicrotask(() => callback(null, value)), (error) => queueMicrotask(() => callback(error ?? new ErrorCtor(`${error}`))));
  };
}

const warned = { __proto__: null };
function deprecate(run, message, code = message) {
  return function (...args) {
    if (!warned[code]) logger.warn("%s", `DeprecationWarning: ${message}`);
    warned[code] = true;
    return new.target ? Reflect.construct(run, args) : apply(run, this, args);
  };
}

function inherits(Class, Parent) {
  defineProperty(Class, "super_", { value: Parent, writable: true, configurable: true, enumerable: false });
  setPrototypeOf(Class.prototype, Parent.prototype);
}

const STYLES = {
  __proto__: null, reset: [0, 0], bold: [1, 22], dim: [2, 22], italic: [3, 23], underline: [4, 24], inverse: [7, 27], hidden: [8, 28],
  strikethrough: [9, 29], black: [30, 39], red: [31, 39], green: [32, 39], yellow: [33, 39], blue: [34, 39], magenta: [35, 39],
  cyan: [36, 39], white: [37, 39], gray: [90, 39], grey: [90, 39], redBright: [91, 39], greenBright: [92, 39], yellowBright: [93, 39],
  blueBright: [94, 39], magentaBright: [95, 39], cyanBright: [96, 39], whiteBright: [97, 39],
};
// The log is not a terminal: texts keep their styles out, as Node does for a file.
function styleText(names, text) {
  const list = isArray(names) ? names : [names];
  for (let i = 0; i < list.length; i++) {
    if (STYLES[list[i]] === undefined) throw typeError("ERR_INVALID_ARG_VALUE", `The argument 'format' is invalid. Received ${inspect(list[i])}`);
  }
  return `${text}`;
}

const kind = (value) => (typeof value === "object" || typeof value === "function" ? ops.kind_of(value) : "");
const isKind = (...names) => (value) => {
  const found = kind(value);
  for (let i = 0; i < names.length; i++) if (found === names[i]) return true;
  return false;
};
const { isView } = ArrayBufferCtor;
const types = {
  isPromise: isKind("Promise"), isDate: isKind("Date"), isRegExp: isKind("RegExp"), isMap: isKind("Map"), isSet: isKind("Set"),
  isWeakMap: isKind("WeakMap"), isWeakSet: isKind("WeakSet"), isNativeError: isKind("Error"), isArrayBuffer: isKind("ArrayBuffer"),
  isAnyArrayBuffer: isKind("ArrayBuffer", "SharedArrayBuffer"), isSharedArrayBuffer: isKind("SharedArrayBuffer"),
  isDataView: isKind("DataView"), isArrayBufferView: (value) => isView(value), isTypedArray: (value) => isView(value) && kind(value) !== "DataView",
  isUint8Array: isKind("Uint8Array"), isFloat64Array: isKind("Float64Array"), isInt32Array: isKind("Int32Array"),
  isAsyncFunction: isKind("AsyncFunction", "AsyncGeneratorFunction"), isGeneratorFunction: isKind("GeneratorFunction", "AsyncGeneratorFunction"),
  isGeneratorObject: isKind("Generator", "AsyncGenerator"), isMapIterator: isKind("Map Iterator"), isSetIterator: isKind("Set Iterator"),
  isUint8ClampedArray: isKind("Uint8ClampedArray"), isUint16Array: isKind("Uint16Array"), isUint32Array: isKind("Uint32Array"),
  isInt8Array: isKind("Int8Array"), isInt16Array: isKind("Int16Array"), isFloat32Array: isKind("Float32Array"),
  isBigInt64Array: isKind("BigInt64Array"), isBigUint64Array: isKind("BigUint64Array"), isArgumentsObject: isKind("Arguments"),
  isExternal: () => false, isCryptoKey: () => false, isKeyObject: () => false, isEventTarget: (value) => value instanceof EventTarget,
  isProxy: (value) => ops.is_proxy(value), isModuleNamespaceObject: isKind("Module"),
  isBoxedPrimitive: isKind("Number", "String", "Boolean", "BigInt", "Symbol"), isNumberObject: isKind("Number"),
  isStringObject: isKind("String"), isBooleanObject: isKind("Boolean"), isBigIntObject: isKind("BigInt"), isSymbolObject: isKind("Symbol"),
};

// Names and values of a text like a file `.env`.
const LINE = /^\s*(?:export\s+)?([\w.-]+)(?:\s*=\s*?|:\s+?)(\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?\s*(?:#.*)?$/gm;
function parseEnv(text) {
  const found = {};
  for (const [, name, raw = ""] of `${text}`.matchAll(LINE)) {
    const value = raw.trim();
    const [quote] = value;
    const isQuoted = value.length > 1 && (quote === '"' || quote === "'" || quote === "`") && value.endsWith(quote);
    const plain = isQuoted ? value.slice(1, -1) : value;
    found[name] = quote === '"' && isQuoted ? plain.replaceAll("\\n", "\n").replaceAll("\\r", "\r") : plain;
  }
  return found;
}

// Comes true once the signal is aborted.
const aborted = (signal) => new PromiseCtor((resolve) => {
  if (signal.aborted) resolve();
  else signal.addEventListener("abort", () => resolve(), { once: true });
});

export default {
  format, inspect, promisify, callbackify, inherits, deprecate, types, styleText, parseArgs, TextDecoder, TextEncoder,
  formatWithOptions: (options, ...args) => apply(format, undefined, args),
  isDeepStrictEqual: (a, b) => deepEqual(a, b, true),
  stripVTControlCharacters: (text) => replace(ESCAPES, text, ""),
  toUSVString: (text) => toWellFormed(`${text}`),
  debuglog: () => Object.assign(() => {}, { enabled: false }),
  debug: () => Object.assign(() => {}, { enabled: false }),
  isArray, isBoolean: (value) => typeof value === "boolean", isNull: (value) => value === null,
  isString: (value) => typeof value === "string", isNumber: (value) => typeof value === "number",
  isFunction: (value) => typeof value === "function", isUndefined: (value) => value === undefined,
  isObject: (value) => typeof value === "object" && value !== null, isRegExp: types.isRegExp, isDate: types.isDate,
  isError: (value) => value instanceof ErrorCtor, isSymbol: (value) => typeof value === "symbol",
  isPrimitive: (value) => value === null || (typeof value !== "object" && typeof value !== "function"),
  isNullOrUndefined: (value) => value === null || value === undefined, isBuffer: (value) => isView(value) && kind(value) === "Uint8Array",
  _extend: (target, source) => (source === null || typeof source !== "object" ? target : ObjectCtor.assign(target, source)),
  log: (...args) => logger.log("%s - %s", new Date().toString().slice(4, 24), apply(format, undefined, args)),
  parseEnv, aborted,
  getSystemErrorMap: () => new Map(), getCallSites: () => [],
  getSystemErrorName: (number) => (startsWith(`${number}`, "-") ? `Unknown system error ${number}` : undefined),
};
