// (ops, bytes): calls one op after the other with arguments made of the bytes.
(ops, bytes) => {
  let at = 0;
  const next = () => bytes[at++] ?? 0;
  const names = Object.keys(ops);
  const text = () => Array.from({ length: next() % 12 }, () => String.fromCharCode(next() * 257)).join("");
  const circular = [];
  circular.push(circular, { circular });
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
  function call() {
    if (depth > 4 || at >= bytes.length) return "x";
    const name = names[(next() * 256 + next()) % names.length];
    const args = Array.from({ length: next() % 7 }, value);
    try {
      const answer = ops[name](...args);
      if (answer instanceof Promise) answer.catch(() => {});
      return answer;
    } catch (error) {
      return error;
    }
  }
  while (at < bytes.length) call();
}
