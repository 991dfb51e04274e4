// Headers of requests and responses: names in lower case, in the order of the alphabet.
import { append } from "internal:core/arrays";
import { custom, inspect } from "internal:core/inspect";
import { invalidCallback } from "internal:node/node_error";
import {
  ArrayCtor, RegExpCtor, StringCtor, SymbolCtor, TypeErrorCtor, apply, create, fixed, keys, uncurryThis,
} from "internal:core/primordials";

const toLowerCase = uncurryThis(StringCtor.prototype.toLowerCase);
const test = uncurryThis(RegExpCtor.prototype.test);
const replace = uncurryThis(RegExpCtor.prototype[SymbolCtor.replace]);
const join = uncurryThis(ArrayCtor.prototype.join);
const sort = uncurryThis(ArrayCtor.prototype.sort);
const iterate = uncurryThis(ArrayCtor.prototype.values);
const NAME = fixed(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/);
const BAD_VALUE = fixed(/[\0\r\n]/);
const WIDE = fixed(/[^\0-\xff]/);
const AROUND = fixed(/^[\t\n\r ]+|[\t\n\r ]+$/g);

function nameOf(name) {
  const text = `${name}`;
  if (!test(NAME, text)) throw new TypeErrorCtor(`Header name must be a valid HTTP token ["${text}"]`);
  return toLowerCase(text);
}

function valueOf(value) {
  const text = replace(AROUND, `${value}`, "");
  if (test(BAD_VALUE, text)) throw new TypeErrorCtor(`Header value ["${text}"] holds a line break`);
  if (test(WIDE, text)) throw new TypeErrorCtor(`Header value ["${text}"] holds a character that no header can`);
  return text;
}

let freezeHeaders;

export class Headers {
  #list = [];
  #frozen = false;
  static {
    // Those of an answer stay as they came.
    freezeHeaders = (headers) => {
      headers.#frozen = true;
      return headers;
    };
  }
  constructor(init = undefined) {
    if (init === undefined || init === null) return;
    if (typeof init !== "object") throw new TypeErrorCtor("Headers: the argument must be an object or an iterable of pairs");
    if (typeof init[SymbolCtor.iterator] === "function") {
      for (const pair of init) {
        const both = [...pair];
        if (both.length !== 2) throw new TypeErrorCtor("Headers: each pair must be a name and a value");
        this.append(both[0], both[1]);
      }
    } else {
      const names = keys(init);
      for (let i = 0; i < names.length; i++) this.append(names[i], init[names[i]]);
    }
  }
  #open() { if (this.#frozen) throw new TypeErrorCtor("immutable"); }
  append(name, value) {
    const pair = [nameOf(name), valueOf(value)];
    this.#open();
    append(this.#list, pair);
  }
  set(name, value) {
    const [key, text] = [nameOf(name), valueOf(value)];
    this.delete(key);
    append(this.#list, [key, text]);
  }
  delete(name) {
    const key = nameOf(name);
    this.#open();
    const kept = [];
    for (let i = 0; i < this.#list.length; i++) if (this.#list[i][0] !== key) append(kept, this.#list[i]);
    this.#list = kept;
  }
  get(name) {
    const values = this.#values(nameOf(name));
    return values.length === 0 ? null : join(values, ", ");
  }
  has(name) { return this.#values(nameOf(name)).length > 0; }
  getSetCookie() { return this.#values("set-cookie"); }
  #values(key) {
    const values = [];
    for (let i = 0; i < this.#list.length; i++) if (this.#list[i][0] === key) append(values, this.#list[i][1]);
    return values;
  }
  // One pair per name; each cookie is one of its own.
  #pairs() {
    const names = [];
    const seen = { __proto__: null };
    for (let i = 0; i < this.#list.length; i++) {
      const [name] = this.#list[i];
      if (!seen[name]) append(names, name);
      seen[name] = true;
    }
    sort(names);
    const pairs = [];
    for (let i = 0; i < names.length; i++) {
      if (names[i] !== "set-cookie") append(pairs, [names[i], this.get(names[i])]);
      else for (let j = 0, cookies = this.getSetCookie(); j < cookies.length; j++) append(pairs, [names[i], cookies[j]]);
    }
    return pairs;
  }
  #column(index) {
    const pairs = this.#pairs();
    for (let i = 0; i < pairs.length; i++) pairs[i] = pairs[i][index];
    return iterate(pairs);
  }
  forEach(callback, self) {
    if (typeof callback !== "function") throw invalidCallback(callback);
    const pairs = this.#pairs();
    for (let i = 0; i < pairs.length; i++) apply(callback, self, [pairs[i][1], pairs[i][0], this]);
  }
  entries() { return iterate(this.#pairs()); }
  keys() { return this.#column(0); }
  values() { return this.#column(1); }
  [SymbolCtor.iterator]() { return this.entries(); }
  [custom](depth, options) {
    if (typeof depth === "number" && depth < 0) return "[Headers]";
    const shown = create({ constructor: Headers });
    const pairs = this.#pairs();
    for (let i = 0; i < pairs.length; i++) shown[pairs[i][0]] = pairs[i][0] === "set-cookie" ? this.getSetCookie() : pairs[i][1];
    return inspect(shown, options);
  }
  get [SymbolCtor.toStringTag]() { return "Headers"; }
}

export { freezeHeaders };
