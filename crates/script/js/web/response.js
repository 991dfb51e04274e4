// Response: what came back.
import { custom, inspect } from "internal:core/inspect";
import { URL } from "internal:node/url";
import { Buffer } from "internal:node/buffer";
import { Headers, freezeHeaders } from "internal:node/headers";
import { stringify } from "internal:node/json";
import { Body, Payload, getPayload, give, payloadOf, setPayload } from "internal:web/body";
import { RangeErrorCtor, RegExpCtor, SymbolCtor, TypeErrorCtor, create, fixed, uncurryThis } from "internal:core/primordials";

const test = uncurryThis(RegExpCtor.prototype.test);
const REASON = fixed(/^[\t\x20-\x7e\x80-\xff]*$/);
const NO_BODY = { __proto__: null, 101: true, 103: true, 204: true, 205: true, 304: true };
export const REDIRECTS = { __proto__: null, 301: true, 302: true, 303: true, 307: true, 308: true };

// What the log shows of one; the body is not made a stream for that.
const SHOWN = ["status", "statusText", "headers", "bodyUsed", "ok", "redirected", "type", "url"];

let make;

export class Response extends Body {
  #status = 200; #statusText = ""; #headers; #type = "default"; #url = ""; #redirected = false;
  static {
    // An answer of the network, whose headers stay as they came.
    make = ({ status, statusText, headers, type, url, redirected, payload }) => {
      const response = new Response();
      response.#status = status;
      response.#statusText = statusText;
      response.#headers = freezeHeaders(headers);
      response.#type = type;
      response.#url = url;
      response.#redirected = redirected;
      setPayload(response, payload);
      return response;
    };
  }
  constructor(body = null, init = undefined) {
    super();
    const { status = 200, statusText = "", headers } = init ?? {};
    this.#status = +status & 0xffff;
    if (this.#status < 200 || this.#status > 599) {
      throw new RangeErrorCtor('init["status"] must be in the range of 200 to 599, inclusive.');
    }
    this.#statusText = `${statusText}`;
    if (!test(REASON, this.#statusText)) throw new TypeErrorCtor("Invalid statusText");
    this.#headers = new Headers(headers);
    const payload = payloadOf(body);
    if (payload === undefined) return;
    if (NO_BODY[this.#status]) throw new TypeErrorCtor(`Response constructor: Invalid response status code ${this.#status}`);
    give(this, this.#headers, payload);
  }
  static error() {
    return make({ status: 0, statusText: "", headers: new Headers(), type: "error", url: "", redirected: false, payload: undefined });
  }
  static redirect(url, status = 302) {
    let target;
    try {
      target = new URL(`${url}`);
    } catch (cause) {
      throw new TypeErrorCtor(`Failed to parse URL from ${url}`, { cause });
    }
    if (!REDIRECTS[status]) throw new RangeErrorCtor(`Invalid status code ${status}`);
    const headers = new Headers({ location: target.href });
    return make({ status: +status, statusText: "", headers, type: "default", url: "", redirected: false, payload: undefined });
  }
  static json(data, init = undefined) {
    const text = stringify(data);
    if (text === undefined) throw new TypeErrorCtor("Value is not JSON serializable");
    const response = new Response(null, init);
    if (NO_BODY[response.#status]) throw new TypeErrorCtor(`Response constructor: Invalid response status code ${response.#status}`);
    give(response, response.#headers, new Payload({ bytes: Buffer.from(text), type: "application/json" }));
    return response;
  }
  get type() { return this.#type; }
  get url() { return this.#url; }
  get redirected() { return this.#redirected; }
  get status() { return this.#status; }
  get ok() { return this.#status >= 200 && this.#status <= 299; }
  get statusText() { return this.#statusText; }
  get headers() { return this.#headers; }
  clone() {
    const payload = getPayload(this);
    if (payload !== undefined && !payload.isUsable) throw new TypeErrorCtor("Response.clone: Body has already been consumed.");
    return make({
      status: this.#status, statusText: this.#statusText, headers: new Headers(this.#headers), type: this.#type, url: this.#url,
      redirected: this.#redirected, payload: payload?.copy(),
    });
  }
  [custom](depth, options) {
    if (typeof depth === "number" && depth < 0) return "[Response]";
    const shown = create({ constructor: Response });
    for (let i = 0; i < SHOWN.length; i++) shown[SHOWN[i]] = this[SHOWN[i]];
    return inspect(shown, options);
  }
  get [SymbolCtor.toStringTag]() { return "Response"; }
}

export { make as makeResponse };
