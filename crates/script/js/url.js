// URL and URLSearchParams. Rust parses and serialises.
import { append as push, remove } from "internal:arrays";
import { ops } from "internal:ops";
import {
  SymbolCtor, TypeErrorCtor, apply, defineProperty, isArray, keys, uncurryThis,
} from "internal:primordials";

const { iterator, toStringTag } = SymbolCtor;

export class URLSearchParams {
  #flat = [];
  #changed;

  constructor(init = undefined) {
    if (init === undefined || init === null) return;
    if (typeof init === "object" || typeof init === "function") this.#fill(init);
    else this.#flat = ops.query_parse(`${init}`);
  }

  #fill(init) {
    if (#flat in init) {
      for (let i = 0; i < init.#flat.length; i++) push(this.#flat, init.#flat[i]);
    } else if (typeof init[iterator] === "function") {
      for (const pair of init) {
        const both = isArray(pair) ? pair : [...pair];
        if (both.length !== 2) throw new TypeErrorCtor("Each query pair must be an iterable [name, value] tuple");
        push(this.#flat, `${both[0]}`, `${both[1]}`);
      }
    } else {
      const names = keys(init);
      for (let i = 0; i < names.length; i++) push(this.#flat, names[i], `${init[names[i]]}`);
    }
  }

  // The parameters of a URL write themselves back.
  static of(text, changed) {
    const params = new URLSearchParams(text);
    params.#changed = changed;
    return params;
  }
  static reset(params, text) { params.#flat = ops.query_parse(text); }

  #notify() {
    if (this.#changed !== undefined) this.#changed(this.toString());
  }

  append(name, value) {
    push(this.#flat, `${name}`, `${value}`);
    this.#notify();
  }
  delete(name) {
    const key = `${name}`;
    for (let i = this.#flat.length - 2; i >= 0; i -= 2) if (this.#flat[i] === key) remove(this.#flat, i, 2);
    this.#notify();
  }
  get(name) {
    const key = `${name}`;
    for (let i = 0; i < this.#flat.length; i += 2) if (this.#flat[i] === key) return this.#flat[i + 1];
    return null;
  }
  getAll(name) {
    const key = `${name}`;
    const all = [];
    for (let i = 0; i < this.#flat.length; i += 2) if (this.#flat[i] === key) push(all, this.#flat[i + 1]);
    return all;
  }
  has(name) { return this.get(name) !== null; }
  set(name, value) {
    const key = `${name}`;
    let at = -1;
    for (let i = this.#flat.length - 2; i >= 0; i -= 2) {
      if (this.#flat[i] !== key) continue;
      if (at >= 0) remove(this.#flat, at, 2);
      at = i;
    }
    if (at < 0) push(this.#flat, key, `${value}`);
    else this.#flat[at + 1] = `${value}`;
    this.#notify();
  }
  sort() {
    const pairs = [];
    for (let i = 0; i < this.#flat.length; i += 2) push(pairs, [this.#flat[i], this.#flat[i + 1]]);
    pairs.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
    this.#flat = [];
    for (let i = 0; i < pairs.length; i++) push(this.#flat, pairs[i][0], pairs[i][1]);
    this.#notify();
  }
  forEach(callback, self) {
    for (let i = 0; i < this.#flat.length; i += 2) apply(callback, self, [this.#flat[i + 1], this.#flat[i], this]);
  }
  *entries() { for (let i = 0; i < this.#flat.length; i += 2) yield [this.#flat[i], this.#flat[i + 1]]; }
  *keys() { for (let i = 0; i < this.#flat.length; i += 2) yield this.#flat[i]; }
  *values() { for (let i = 0; i < this.#flat.length; i += 2) yield this.#flat[i + 1]; }
  [iterator]() { return this.entries(); }
  get size() { return this.#flat.length / 2; }
  toString() { return ops.query_text(this.#flat); }
  get [toStringTag]() { return "URLSearchParams"; }
}

const { of: paramsOf, reset } = URLSearchParams;
delete URLSearchParams.of;
delete URLSearchParams.reset;

export class URL {
  #parts;
  #params;

  constructor(url, base) {
    this.#parts = ops.url_parse(`${url}`, base === undefined ? undefined : `${base}`);
    if (this.#parts !== null) return;
    const error = new TypeErrorCtor(`Invalid URL: ${url}`);
    error.code = "ERR_INVALID_URL";
    error.input = `${url}`;
    throw error;
  }

  static canParse(url, base) { return ops.url_parse(`${url}`, base === undefined ? undefined : `${base}`) !== null; }
  static get(url, part) { return url.#parts[part]; }
  static set(url, part, value) {
    url.#parts = ops.url_set(url.#parts.href, part, `${value}`);
    if (part === "search" && url.#params !== undefined) reset(url.#params, url.#parts.search);
  }

  get origin() { return this.#parts.origin; }
  get href() { return this.#parts.href; }
  set href(value) {
    const parts = ops.url_parse(`${value}`);
    if (parts === null) throw new TypeErrorCtor(`Invalid URL: ${value}`);
    this.#parts = parts;
    if (this.#params !== undefined) reset(this.#params, parts.search);
  }
  get searchParams() {
    this.#params ??= paramsOf(this.#parts.search, (text) => { this.#parts = ops.url_set(this.#parts.href, "search", text); });
    return this.#params;
  }
  toString() { return this.#parts.href; }
  toJSON() { return this.#parts.href; }
  get [toStringTag]() { return "URL"; }
}

const { get, set } = URL;
delete URL.get;
delete URL.set;
for (const part of ["protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"]) {
  defineProperty(URL.prototype, part, {
    get() { return get(this, part); },
    set(value) { set(this, part, value); },
    configurable: true, enumerable: true,
  });
}
