// URL and URLSearchParams. Rust parses and serialises.
import { append as push, remove } from "internal:core/arrays";
import { modern } from "internal:core/api";
import { ops } from "internal:core/ops";
import { custom, inspect } from "internal:core/inspect";
import { invalidCallback, typeError } from "internal:node/node_error";
import {
  ArrayCtor, SymbolCtor, apply, create, defineProperty, getPrototypeOf, isArray, keys, setPrototypeOf, uncurryThis,
} from "internal:core/primordials";

const join = uncurryThis(ArrayCtor.prototype.join);
const { iterator, toStringTag } = SymbolCtor;

function needed(given, ...names) {
  if (given >= names.length) return;
  const list = join(names, '" and "');
  throw typeError("ERR_MISSING_ARGS", `The "${list}" argument${names.length > 1 ? "s" : ""} must be specified`);
}
const tuple = () => typeError("ERR_INVALID_TUPLE", "Each query pair must be an iterable [name, value] tuple");

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
        if (typeof pair !== "object" || pair === null || typeof pair[iterator] !== "function") throw tuple();
        const both = isArray(pair) ? pair : [...pair];
        if (both.length !== 2) throw tuple();
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
    needed(arguments.length, "name", "value");
    push(this.#flat, `${name}`, `${value}`);
    this.#notify();
  }
  delete(name, value = undefined) {
    needed(arguments.length, "name");
    const key = `${name}`;
    const wanted = value === undefined ? undefined : `${value}`;
    for (let i = this.#flat.length - 2; i >= 0; i -= 2) {
      if (this.#flat[i] === key && (wanted === undefined || this.#flat[i + 1] === wanted)) remove(this.#flat, i, 2);
    }
    this.#notify();
  }
  get(name) {
    needed(arguments.length, "name");
    const key = `${name}`;
    for (let i = 0; i < this.#flat.length; i += 2) if (this.#flat[i] === key) return this.#flat[i + 1];
    return null;
  }
  getAll(name) {
    needed(arguments.length, "name");
    const key = `${name}`;
    const all = [];
    for (let i = 0; i < this.#flat.length; i += 2) if (this.#flat[i] === key) push(all, this.#flat[i + 1]);
    return all;
  }
  has(name, value = undefined) {
    needed(arguments.length, "name");
    if (value === undefined) return this.get(name) !== null;
    const key = `${name}`;
    const wanted = `${value}`;
    for (let i = 0; i < this.#flat.length; i += 2) if (this.#flat[i] === key && this.#flat[i + 1] === wanted) return true;
    return false;
  }
  set(name, value) {
    needed(arguments.length, "name", "value");
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
    if (typeof callback !== "function") throw invalidCallback(callback);
    for (let i = 0; i < this.#flat.length; i += 2) apply(callback, self, [this.#flat[i + 1], this.#flat[i], this]);
  }
  entries() { return iterate(this.#flat, (flat, i) => [flat[i], flat[i + 1]]); }
  keys() { return iterate(this.#flat, (flat, i) => flat[i]); }
  values() { return iterate(this.#flat, (flat, i) => flat[i + 1]); }
  [iterator]() { return this.entries(); }
  get size() { return this.#flat.length / 2; }
  toString() { return ops.query_text(this.#flat); }
  get [toStringTag]() { return "URLSearchParams"; }
  [custom](depth, options) {
    if (typeof depth === "number" && depth < 0) return "[Object]";
    const parts = [];
    for (let i = 0; i < this.#flat.length; i += 2) {
      push(parts, `${inspect(this.#flat[i], options)} => ${inspect(this.#flat[i + 1], options)}`);
    }
    return `URLSearchParams ${inBraces(parts, options)}`;
  }
}

function inBraces(parts, options) {
  let length = parts.length;
  for (let i = 0; i < parts.length; i++) length += parts[i].length + 1;
  if (length > options.breakLength) return `{\n  ${join(parts, ",\n  ")} }`;
  return parts.length > 0 ? `{ ${join(parts, ", ")} }` : "{}";
}

// What keys(), values() and entries() answer.
class ParamsIterator {
  #flat; #pick; #at = 0;
  constructor(flat, pick) {
    this.#flat = flat;
    this.#pick = pick;
  }
  next() {
    if (this.#at >= this.#flat.length) return { value: undefined, done: true };
    this.#at += 2;
    return { value: this.#pick(this.#flat, this.#at - 2), done: false };
  }
  [custom](depth, options) {
    const parts = [];
    for (let i = this.#at; i < this.#flat.length; i += 2) push(parts, inspect(this.#pick(this.#flat, i), options));
    return `URLSearchParams Iterator ${inBraces(parts, options)}`;
  }
  get [toStringTag]() { return "URLSearchParams Iterator"; }
}
setPrototypeOf(ParamsIterator.prototype, getPrototypeOf(getPrototypeOf([][iterator]())));
delete ParamsIterator.prototype.constructor;
const iterate = (flat, pick) => new ParamsIterator(flat, pick);

const { of: paramsOf, reset } = URLSearchParams;
delete URLSearchParams.of;
delete URLSearchParams.reset;

function invalid(url) {
  const error = typeError("ERR_INVALID_URL", modern ? "Invalid URL" : `Invalid URL: ${url}`);
  error.input = `${url}`;
  return error;
}

export class URL {
  #parts;
  #params;

  constructor(url, base) {
    this.#parts = ops.url_parse(`${url}`, base === undefined ? undefined : `${base}`);
    if (this.#parts === null) throw invalid(base === undefined || ops.url_parse(`${base}`) !== null ? url : base);
  }

  static parse(url, base) { return URL.canParse(url, base) ? new URL(url, base) : null; }
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
    if (parts === null) throw invalid(value);
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
  [custom](depth, options) {
    if (typeof depth === "number" && depth < 0) return `${this}`;
    const shown = create({ constructor: URL });
    for (let i = 0; i < SHOWN.length; i++) shown[SHOWN[i]] = this[SHOWN[i]];
    return inspect(shown, options);
  }
}

const SHOWN = [
  "href", "origin", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "searchParams", "hash",
];
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
for (const name of ["toString", "href", "origin", "searchParams", "toJSON"]) {
  defineProperty(URL.prototype, name, { enumerable: true });
}
