// Records which methods of Puppeteer's classes a case calls. `watch(object)` must have seen one object of a class;
// what a watched method answers is watched by itself.
const known = {};
const called = {};
// What asFetchRequest, asFetchResponse and createPDFStream answer is the web's, with classes of the same names.
const web = ["Request", "Response", "ReadableStream", "ReadableStreamDefaultReader"].map((name) => globalThis[name].prototype);
// A screencast is one of Node's streams.
const streams = ["Duplex", "PassThrough", "Readable", "Stream", "Transform", "Writable"];
const seen = new Set([...web, Object.prototype, Array.prototype, Map.prototype, Promise.prototype, Function.prototype, null]);

export function record(results) {
  results.known = known;
  results.called = Object.fromEntries(Object.entries(called).map(([name, methods]) => [name, [...methods]]));
}

export function watch(value) {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || value instanceof Error) return value;
  if (Array.isArray(value) || value instanceof Map) value.forEach(watch);
  for (let proto = Object.getPrototypeOf(value); !seen.has(proto); proto = Object.getPrototypeOf(proto)) patch(proto);
  if (value instanceof Promise) value.then(watch, () => {});
  return value;
}

function patch(proto) {
  seen.add(proto);
  const { name } = proto.constructor;
  if (streams.includes(name)) return;
  known[name] = [];
  called[name] = new Set();
  for (const key of Object.getOwnPropertyNames(proto)) {
    if (key === "constructor" || key === "toJSON") continue;
    const property = Object.getOwnPropertyDescriptor(proto, key);
    const kind = property.get ? "get" : "value";
    const original = property[kind];
    if (typeof original !== "function") continue;
    known[name].push(key);
    property[kind] = function (...args) {
      called[name].add(key);
      return watch(Reflect.apply(original, this, args));
    };
    Object.defineProperty(proto, key, property);
  }
}

export function equal(actual, expected) {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`expected ${b}, got ${a}`);
}

export async function fails(promise, sentence) {
  const error = await Promise.resolve(promise).then(() => null, (reason) => reason);
  if (!error || !String(error.message).includes(sentence)) throw new Error(`expected "${sentence}", got ${error}`);
}
