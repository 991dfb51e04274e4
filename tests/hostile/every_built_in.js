const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Object, { apply, construct, ownKeys } = Reflect;
const allowed = /^(Function.prototype.toString|get (RegExp|Typed).*)$/, test = RegExp.prototype.test;
let on = false;
const hits = [];
const note = (name) => { if (on) hits[hits.length] = name };
const done = new Set(), changed = [], has = Set.prototype.has, add = Set.prototype.add;
function replace(holder, path) {
  if (holder === null || apply(has, done, [holder])) return;
  apply(add, done, [holder]);
  for (const key of ownKeys(holder)) {
    const property = getOwnPropertyDescriptor(holder, key), name = path + "." + String(key);
    if (key === "constructor" || key === "prototype" || !property.configurable) continue;
    const { value, get } = property;
    if (typeof value === "function" && !/^[A-Z]/.test(String(key))) {
      property.value = function (...args) { note(name); return new.target ? construct(value, args) : apply(value, this, args) };
    } else if (get) property.get = function () { note("get " + name); return apply(get, this, []) };
    else continue;
    changed[changed.length] = [holder, key, getOwnPropertyDescriptor(holder, key), property];
  }
}
const ours = "logger console page puppeteer format util Buffer URL URLSearchParams TextEncoder TextDecoder results vars".split(" ");
for (const name of Object.getOwnPropertyNames(globalThis)) {
  const value = globalThis[name];
  if (ours.includes(name) || !/^[A-Z]/.test(name) || (typeof value !== "object" && typeof value !== "function")) continue;
  replace(value, name);
  if (value.prototype) replace(value.prototype, name + ".prototype");
}
const samples = { Array: [][Symbol.iterator](), Map: new Map().keys(), Set: new Set().keys(), String: ""[Symbol.iterator](),
  RegExpIterator: "".matchAll(/x/g), Generator: (function* () {})(), AsyncGenerator: (async function* () {})(),
  AsyncFunction: async () => {}, Typed: new Uint8Array() };
for (const name of Object.keys(samples)) {
  for (let p = getPrototypeOf(samples[name]); p && p !== Object.prototype && p !== Function.prototype; p = getPrototypeOf(p)) replace(p, name);
}
const h = await (await page.goto("{{site}}/page.html"), page.$("p"));
const map = new Map([[1, { a: 1 }]]), set = new Set([1]), bytes = new Uint8Array(3), date = new Date(0);
for (let i = 0; i < changed.length; i++) defineProperty(changed[i][0], changed[i][1], changed[i][3]);
on = true;
await page.title(); await h.boundingBox(); await page.$$("p"); await page.$eval("p", p => p.textContent); await page.evaluate((a, b) => a + b, 1, "x");
await page.click("p"); await page.screenshot(); await page.cookies(); await page.setViewport({ width: 100, height: 100 });
await page.waitFor(1); await page.waitForSelector("p"); await page.waitForFunction("1"); await page.reload();
page.on("console", m => m.text()); page.once("load", () => {}); await page.evaluate(() => console.log("x", { a: 1 }));
await page.exposeFunction("f", x => x); await page.evaluate(() => f(1)); await page.setExtraHTTPHeaders({ a: "b" });
await page.setCookie({ name: "a", value: "b" }); await page.keyboard.press("A"); await page.browser().pages();
(await page.target().createCDPSession()).on("x", () => {});
logger.info("%s %d %j %o", "a", 1, 2, [1, [2]], map, set, date, /x/, () => 1, bytes); logger.dir("x"); logger.table([[1, 2]]);
const b = Buffer.from("abc"); b.toString("hex"); Buffer.concat([b, b]); Buffer.alloc(3);
const u = new URL("http://a/?b=c"); u.searchParams.get("b"); u.searchParams.append("a", "b"); u.href;
new TextDecoder().decode(new TextEncoder().encode("x")); atob(btoa("x")); structuredClone([1, map, date]);
await sleep(1); sanitize(" a "); clearTimeout(setTimeout(() => {}, 1));
try { await page.click("#none"); } catch (e) { e.message }
on = false;
for (let i = 0; i < changed.length; i++) defineProperty(changed[i][0], changed[i][1], changed[i][2]);
const seen = hits.filter(name => !apply(test, allowed, [name]));
results.got = seen.length > 0 ? seen.join() : null;
