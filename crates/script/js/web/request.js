// Request: what is to be fetched.
import { custom, inspect } from "internal:core/inspect";
import { URL } from "internal:node/url";
import { AbortController, AbortSignal } from "internal:node/abort";
import { Headers } from "internal:node/headers";
import { Body, getPayload, give, payloadOf, setPayload } from "internal:web/body";
import { RegExpCtor, StringCtor, SymbolCtor, TypeErrorCtor, create, fixed, uncurryThis } from "internal:core/primordials";

const toUpperCase = uncurryThis(StringCtor.prototype.toUpperCase);
const test = uncurryThis(RegExpCtor.prototype.test);
const TOKEN = fixed(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/);
const USUAL = fixed(/^(?:delete|get|head|options|patch|post|put)$/i);
const FORBIDDEN = fixed(/^(?:connect|trace|track)$/i);
const REDIRECTS = { __proto__: null, follow: true, error: true, manual: true };
// Members that say nothing to a server's fetch, with what they are by themselves.
const PLAIN = {
  __proto__: null, mode: "cors", credentials: "same-origin", cache: "default", referrer: "about:client", referrerPolicy: "",
  integrity: "", keepalive: false,
};

function methodOf(method) {
  const text = `${method}`;
  if (!test(TOKEN, text)) throw new TypeErrorCtor(`'${text}' is not a valid HTTP method.`);
  if (test(FORBIDDEN, text)) throw new TypeErrorCtor(`'${text}' HTTP method is unsupported.`);
  // As in the standard, `patch` is a method of its own.
  return test(USUAL, text) && text !== "patch" ? toUpperCase(text) : text;
}

function urlOf(input) {
  let url;
  try {
    url = new URL(`${input}`);
  } catch (cause) {
    throw new TypeErrorCtor(`Failed to parse URL from ${input}`, { cause });
  }
  if (url.username !== "" || url.password !== "") {
    throw new TypeErrorCtor(`Request cannot be constructed from a URL that includes credentials: ${input}`);
  }
  return url;
}

// What the log shows of one.
const SHOWN = [
  "method", "url", "headers", "destination", "referrer", "referrerPolicy", "mode", "credentials", "cache", "redirect", "integrity",
  "keepalive", "isReloadNavigation", "isHistoryNavigation", "signal",
];

let signalOf, urlIn;

export class Request extends Body {
  #url; #method; #headers; #redirect; #signal; #own; #duplex; #plain = { __proto__: null };
  static {
    signalOf = (request) => request.#signal;
    urlIn = (request) => request.#url;
  }
  constructor(input, init = undefined) {
    super();
    if (arguments.length === 0) throw new TypeErrorCtor("Request constructor: 1 argument required, but only 0 present.");
    const options = init ?? {};
    const from = input instanceof Request ? input : undefined;
    this.#url = from === undefined ? urlOf(input) : from.#url;
    this.#method = options.method === undefined ? from?.method ?? "GET" : methodOf(options.method);
    this.#headers = new Headers(options.headers === undefined ? from?.headers : options.headers);
    this.#redirect = `${options.redirect ?? from?.redirect ?? "follow"}`;
    if (!REDIRECTS[this.#redirect]) throw new TypeErrorCtor(`Request constructor: ${this.#redirect} is not an accepted type. Expected one of follow, error, manual.`);
    this.#signal = options.signal === undefined ? from?.#signal : options.signal;
    if (this.#signal !== undefined && this.#signal !== null
      && (typeof this.#signal.aborted !== "boolean" || typeof this.#signal.addEventListener !== "function")) {
      throw new TypeErrorCtor("Failed to construct 'Request': member signal is not of type AbortSignal.");
    }
    for (const name in PLAIN) this.#plain[name] = options[name] ?? from?.[name] ?? PLAIN[name];
    this.#duplex = options.duplex ?? from?.duplex ?? "half";
    const given = payloadOf(options.body);
    if ((given !== undefined || (from !== undefined && getPayload(from) !== undefined)) && (this.#method === "GET" || this.#method === "HEAD")) {
      throw new TypeErrorCtor("Request with GET/HEAD method cannot have body.");
    }
    if (given !== undefined) {
      if (given.made !== undefined && options.duplex === undefined) {
        throw new TypeErrorCtor("RequestInit: duplex option is required when sending a body.");
      }
      give(this, this.#headers, given);
    } else if (from !== undefined && getPayload(from) !== undefined) {
      const payload = getPayload(from);
      if (!payload.isUsable) throw new TypeErrorCtor("Cannot construct a Request with a Request object that has already been used.");
      // The new one has the body, and the old one has none to read.
      setPayload(this, payload.made === undefined ? payload.copy() : payload);
      payload.used = payload.made === undefined;
    }
  }
  get url() { return this.#url.href; }
  get method() { return this.#method; }
  get headers() { return this.#headers; }
  get redirect() { return this.#redirect; }
  get duplex() { return this.#duplex; }
  // Made when somebody asks: a signal that lives long is not to hold every request.
  get signal() {
    return this.#own ??= this.#signal ? AbortSignal.any([this.#signal]) : new AbortController().signal;
  }
  get destination() { return ""; }
  get isReloadNavigation() { return false; }
  get isHistoryNavigation() { return false; }
  clone() {
    const payload = getPayload(this);
    if (payload !== undefined && !payload.isUsable) throw new TypeErrorCtor("Request.clone: Body has already been consumed.");
    const copy = new Request(this.#url.href, {
      method: this.#method, headers: this.#headers, redirect: this.#redirect, signal: this.#signal, duplex: this.#duplex, ...this.#plain,
    });
    if (payload !== undefined) setPayload(copy, payload.copy());
    return copy;
  }
  get mode() { return this.#plain.mode; }
  get credentials() { return this.#plain.credentials; }
  get cache() { return this.#plain.cache; }
  get referrer() { return this.#plain.referrer; }
  get referrerPolicy() { return this.#plain.referrerPolicy; }
  get integrity() { return this.#plain.integrity; }
  get keepalive() { return this.#plain.keepalive; }
  [custom](depth, options) {
    if (typeof depth === "number" && depth < 0) return "[Request]";
    const shown = create({ constructor: Request });
    for (let i = 0; i < SHOWN.length; i++) shown[SHOWN[i]] = this[SHOWN[i]];
    return inspect(shown, options);
  }
  get [SymbolCtor.toStringTag]() { return "Request"; }
}

export { signalOf, urlIn };
