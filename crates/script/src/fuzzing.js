// (ops, bytes): calls one op or function of the prelude after the other, with arguments made of the bytes.
(ops, bytes) => {
  let at = 0;
  const next = () => bytes[at++] ?? 0;
  const names = Object.keys(ops);
  const functions = names.map((name) => ops[name]);
  const own = ["logger", "format", "util", "sleep", "scroll", "scrollByPx", "getElementText", "sanitize", "setTimeout",
    "clearTimeout", "setInterval", "setImmediate", "clearImmediate", "URL", "URLSearchParams", "TextEncoder", "TextDecoder",
    "atob", "btoa", "structuredClone", "Buffer", "puppeteer"];
  const seen = new Set();
  const collect = (holder) => {
    if ((typeof holder !== "object" && typeof holder !== "function") || holder === null || seen.has(holder)) return;
    seen.add(holder);
    for (const key of Reflect.ownKeys(holder)) {
      const { value, get, set } = Object.getOwnPropertyDescriptor(holder, key);
      for (const each of [value, get, set]) {
        if (typeof each === "function") functions.push(each);
      }
      if (key !== "constructor") collect(value);
    }
  };
  for (const name of own) collect({ [name]: globalThis[name] });
  const text = () => Array.from({ length: next() % 12 }, () => String.fromCharCode(next() * 257)).join("");
  const circular = [];
  circular.push(circular, { circular });
  const made = [];
  const makers = [
    () => undefined, () => null, () => true, () => NaN, () => -0, () => 1e308, () => -1, () => 2 ** 32, () => next(),
    () => next() / 7, () => "", text, () => text().repeat(500), () => "x".repeat(100000), () => "\ud800", () => "utf8",
    () => "hex", () => "base64", () => "Error", () => "load", () => "http://a.example/?a=1", () => '{"a":[1,{}]}', () => "[",
    () => [], () => [value(), value()], () => ({}), () => ({ a: value(), type: value(), length: value() }), () => circular,
    () => Object.create(null), () => () => value(), () => Symbol("s"), () => 10n ** 30n, () => new Date(NaN), () => /x/g,
    () => new Map([[1, 2]]), () => new Uint8Array(next()), () => new ArrayBuffer(next()), () => new DataView(new ArrayBuffer(8)),
    () => new Float64Array(3), () => new Uint8Array(new ArrayBuffer(8, { maxByteLength: 16 })), () => Promise.reject(1),
    () => new Proxy({}, { get() { throw new Error("trap"); }, ownKeys() { throw 1; } }), () => new Proxy([], {}),
    () => new Proxy(function () {}, { get: (_, key) => (key === "length" ? 2 ** 31 : undefined) }),
    () => ({ get length() { throw new Error("getter"); } }), () => ({ length: 2 ** 53 }), () => ({ then(f) { f(1); } }),
    () => ({ toString() { return call(); }, valueOf() { throw 1; }, toJSON() { return call(); } }),
    () => ({ get a() { return call(); } }), () => globalThis, () => Buffer.from("ab"), () => new Error("e"),
    () => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy; },
    () => { const buffer = new ArrayBuffer(8); const view = new Uint8Array(buffer); buffer.transfer(); return view; },
    () => { const array = [1, 2, 3]; Object.defineProperty(array, 1, { get() { array.length = 0; return call(); } }); return array; },
    // What the ops take for a function, an argument and an id; and what earlier calls have answered.
    () => [value(), true], () => [[value()]], () => 1 + (next() % 9), () => made[next() % (made.length || 1)],
    () => new Uint8Array(new ArrayBuffer(16, { maxByteLength: 32 }), next() % 16), () => new SharedArrayBuffer(4),
    () => new Set([value()]), () => new WeakRef({}), () => Object("boxed"), () => (function () { return arguments; })(value()),
    () => new (class extends Array { static get [Symbol.species]() { return call(); } })(3), () => "%s %d %j %o %O %c %%",
    () => "data:text/html,<p>", () => "file:///etc/passwd", () => "\u0000\n\u2028", () => Object.assign(() => {}, { prototype: 1 }),
    () => { const view = new Uint8Array(new ArrayBuffer(8, { maxByteLength: 8 }), 2); view.buffer.resize(1); return view; },
    () => Object.defineProperty({}, "x", { enumerable: true, get() { return value(); } }), () => { let deep = []; for (let i = 0; i < 300; i++) deep = [deep]; return deep; },
  ];
  let depth = 0;
  function value() {
    if (depth > 4) return 1;
    depth++;
    try {
      return makers[next() % makers.length]();
    } finally {
      depth--;
    }
  }
  // Two bytes name the function: even ones an op, odd ones a function of the prelude too.
  function call() {
    if (depth > 4 || at >= bytes.length) return "x";
    const [how, which] = [next(), next()];
    const run = how & 1 ? functions[(how * 128 + which) % functions.length] : functions[which % names.length];
    const self = how & 2 ? value() : undefined;
    const args = Array.from({ length: next() % 7 }, value);
    try {
      const answer = how & 4 ? Reflect.construct(run, args) : Reflect.apply(run, self, args);
      if (answer instanceof Promise) answer.catch(() => {});
      if (made.length < 20) made.push(answer);
      return answer;
    } catch (error) {
      return error;
    }
  }
  while (at < bytes.length) call();
}
