// Node's ClientRequest: a request of the job itself. It leaves the way that `fetch` has, and its answer comes as the server sent it.
import { append } from "internal:core/arrays";
import { ops } from "internal:core/ops";
import { Buffer } from "internal:node/buffer";
import { incoming } from "internal:node/http_message";
import { invalidArgument, typeError, withCode } from "internal:node/node_error";
import { aborted } from "internal:node/stream_destroy";
import { addMembers, derive } from "internal:node/stream_legacy";
import { Writable } from "internal:node/stream_writable";
import { clearTimeout, queueMicrotask, setTimeout } from "internal:node/timers";
import { EventEmitter } from "internal:node/events";
import { URL } from "internal:node/url";
import urlModule from "internal:node/url_module";
import { abortable } from "internal:puppeteer/abort";
import { NetworkBody } from "internal:web/body";
import { ErrorCtor, StringCtor, apply, assign, isArray, keys, uncurryThis } from "internal:core/primordials";

const toLowerCase = uncurryThis(StringCtor.prototype.toLowerCase);
const toUpperCase = uncurryThis(StringCtor.prototype.toUpperCase);

// Connections are the executor's: an agent says nothing here, unless it wants to connect in a way of its own.
export function Agent(options = {}) {
  if (!(this instanceof Agent)) return new Agent(options);
  apply(EventEmitter, this, []);
  this.options = { ...options };
  this.keepAlive = !!this.options.keepAlive;
  this.maxSockets = this.options.maxSockets ?? Infinity;
  this.maxFreeSockets = this.options.maxFreeSockets ?? 256;
  this.requests = {};
  this.sockets = {};
  this.freeSockets = {};
  return undefined;
}
Agent.defaultMaxSockets = Infinity;
derive(Agent, EventEmitter, {
  createConnection() { throw new ErrorCtor("http.Agent: a job opens no sockets; its requests go out as those of fetch"); },
  destroy() {},
  getName({ host = "localhost", port = "", localAddress = "" } = {}) { return `${host}:${port}:${localAddress}`; },
});
const { createConnection: connect } = Agent.prototype;

function checkAgent(agent) {
  if (typeof agent !== "object" || agent === null) return;
  const isOwn = typeof agent.createConnection === "function" && agent.createConnection !== connect;
  const { createSocket, connect: connects, callback, proxy } = agent;
  if (isOwn || typeof createSocket === "function" || typeof connects === "function" || typeof callback === "function" || proxy !== undefined) {
    throw new ErrorCtor("http.request: a job opens no sockets, so an agent that connects in its own way (a proxy's) cannot work: give the proxy as the job's `network.proxy`");
  }
}

// Node's arguments: an address, options, or both; what is not told of the address is the options'.
function optionsOf(input, options, defaults) {
  let found = {};
  if (typeof input === "string") found = urlModule.urlToHttpOptions(new URL(input));
  else if (input instanceof URL) found = urlModule.urlToHttpOptions(input);
  else if (typeof input === "object" && input !== null) found = { ...input };
  return assign({ ...defaults }, found, typeof options === "object" ? options : undefined);
}

function addressOf({ protocol = "http:", host, hostname, port, path = "/", defaultPort }) {
  let name = `${hostname || host || "localhost"}`;
  if (name.includes(":") && name[0] !== "[") name = `[${name}]`;
  const wanted = port ?? defaultPort;
  return new URL(`${protocol}//${name}${wanted === undefined || wanted === "" || wanted === null ? "" : `:${wanted}`}${path[0] === "/" ? path : `/${path}`}`);
}

const INVALID_PATH = /[^\u0021-\u00ff]/;

export function ClientRequest(input, options, callback, defaults = { protocol: "http:" }) {
  const settings = optionsOf(input, options, defaults);
  const listener = typeof options === "function" ? options : callback;
  if (settings.protocol !== "http:" && settings.protocol !== "https:") {
    throw typeError("ERR_INVALID_PROTOCOL", `Protocol "${settings.protocol}" not supported. Expected "${defaults.protocol}"`);
  }
  if (settings.protocol !== defaults.protocol && settings.agent === undefined && defaults.own) {
    throw typeError("ERR_INVALID_PROTOCOL", `Protocol "${settings.protocol}" not supported. Expected "${defaults.protocol}"`);
  }
  if (settings.path !== undefined && INVALID_PATH.test(settings.path)) {
    throw typeError("ERR_UNESCAPED_CHARACTERS", "Request path contains unescaped characters");
  }
  checkAgent(settings.agent);
  apply(Writable, this, [{ autoDestroy: false }]);
  this.method = toUpperCase(`${settings.method ?? "GET"}`);
  this.protocol = settings.protocol;
  this.path = settings.path ?? "/";
  this.host = settings.hostname ?? settings.host ?? "localhost";
  this.agent = settings.agent;
  this.aborted = false;
  this.finished = false;
  this.headersSent = false;
  this.reusedSocket = false;
  this.maxHeadersCount = null;
  this.socket = this.connection = new Socket(this);
  this._url = addressOf(settings);
  this._headers = {};
  this._chunks = [];
  this._signal = new AbortController();
  const { headers } = settings;
  if (isArray(headers)) {
    const flat = isArray(headers[0]) ? headers.flat() : headers;
    for (let i = 0; i < flat.length; i += 2) this.appendHeader(flat[i], flat[i + 1]);
  } else if (headers) {
    const names = keys(headers);
    for (let i = 0; i < names.length; i++) if (headers[names[i]] !== undefined) this.setHeader(names[i], headers[names[i]]);
  }
  if (settings.auth && !this.hasHeader("authorization")) this.setHeader("Authorization", `Basic ${Buffer.from(settings.auth).toString("base64")}`);
  if (typeof listener === "function") this.once("response", listener);
  if (settings.timeout !== undefined) this.setTimeout(settings.timeout);
  const { signal } = settings;
  if (signal?.aborted) queueMicrotask(() => this.destroy(aborted(signal.reason)));
  else signal?.addEventListener("abort", () => this.destroy(aborted(signal.reason)), { once: true });
  queueMicrotask(() => { if (!this.destroyed) this.emit("socket", this.socket); });
}

// What programs ask of a connection; there is none that they could have.
class Socket extends EventEmitter {
  #request;
  constructor(request) {
    super();
    this.#request = request;
    this.encrypted = request.protocol === "https:";
    this.authorized = true;
    this.destroyed = false;
    this.writable = this.readable = true;
    this.connecting = false;
  }
  setTimeout(milliseconds, listener) { this.#request.setTimeout(milliseconds, listener); return this; }
  setNoDelay() { return this; }
  setKeepAlive() { return this; }
  ref() { return this; }
  unref() { return this; }
  destroy(error) { this.destroyed = true; this.#request.destroy(error); return this; }
  end() { return this; }
}

derive(ClientRequest, Writable, {});
addMembers(ClientRequest, {
  setHeader(name, value) {
    if (typeof name !== "string" || name === "") throw typeError("ERR_INVALID_HTTP_TOKEN", `Header name must be a valid HTTP token ["${name}"]`);
    if (value === undefined) throw typeError("ERR_HTTP_INVALID_HEADER_VALUE", `Invalid value "${value}" for header "${name}"`);
    if (this.headersSent) throw sentAlready("set");
    this._headers[toLowerCase(name)] = { name, value };
    return this;
  },
  setHeaders(headers) {
    for (const [name, value] of headers) this.setHeader(name, value);
    return this;
  },
  appendHeader(name, value) {
    const known = this._headers[toLowerCase(name)];
    const values = known === undefined ? [] : isArray(known.value) ? known.value : [known.value];
    return this.setHeader(name, [...values, ...(isArray(value) ? value : [value])]);
  },
  getHeader(name) { return this._headers[toLowerCase(name)]?.value; },
  hasHeader(name) { return this._headers[toLowerCase(name)] !== undefined; },
  removeHeader(name) {
    if (this.headersSent) throw sentAlready("remove");
    delete this._headers[toLowerCase(name)];
  },
  getHeaders() {
    const found = { __proto__: null };
    const names = keys(this._headers);
    for (let i = 0; i < names.length; i++) found[names[i]] = this._headers[names[i]].value;
    return found;
  },
  getHeaderNames() { return keys(this._headers); },
  getRawHeaderNames() { return keys(this._headers).map((name) => this._headers[name].name); },
  flushHeaders() {},
  setNoDelay() {},
  setSocketKeepAlive() {},
  setTimeout(milliseconds, listener) {
    if (typeof milliseconds !== "number") throw invalidArgument('"msecs" argument', "of type number", milliseconds);
    if (typeof listener === "function") this.once("timeout", listener);
    clearTimeout(this._timer);
    this.timeout = milliseconds;
    if (milliseconds > 0) {
      this._timer = setTimeout(() => {
        this.emit("timeout");
        this.res?.emit("timeout");
        this.socket.emit("timeout");
      }, milliseconds);
      this._timer.unref();
    }
    return this;
  },
  _write(chunk, encoding, done) {
    append(this._chunks, chunk);
    done();
  },
  _final(done) {
    this.finished = true;
    this.headersSent = true;
    exchange(this);
    done();
  },
  abort() {
    if (this.aborted) return;
    this.aborted = true;
    queueMicrotask(() => this.emit("abort"));
    this.destroy();
  },
  _destroy(error, callback) {
    clearTimeout(this._timer);
    this._signal.abort();
    if (this.res !== undefined) {
      if (!this.res.complete) this.res.destroy(error ?? hungUp("aborted"));
      callback(null);
    } else callback(error ?? (this._isDone ? null : hungUp("socket hang up")));
  },
});

const hungUp = (message) => withCode("ECONNRESET", message);
const sentAlready = (verb) => withCode("ERR_HTTP_HEADERS_SENT", `Cannot ${verb} headers after they are sent to the client`);

// The headers as they go out. Node's `http` adds nothing but what the connection needs.
function sent(request) {
  const list = [];
  const names = keys(request._headers);
  for (let i = 0; i < names.length; i++) {
    const { name, value } = request._headers[names[i]];
    const values = isArray(value) ? value : [value];
    for (let j = 0; j < values.length; j++) append(list, [name, `${values[j]}`]);
  }
  return list;
}

async function exchange(request) {
  const fail = (error) => {
    request._isDone = true;
    request.destroy(error);
  };
  if (!ops.fetch_is_allowed()) return fail(new ErrorCtor("http.request: requests of jobs are switched off here (JOB_FETCH=false)"));
  const bytes = request._chunks.length === 0 ? undefined : Buffer.concat(request._chunks);
  const head = { method: request.method, url: request._url.href, headers: sent(request), packed: true };
  let answer;
  try {
    answer = await abortable(request._signal.signal, () => ops.fetch_send(head, bytes, undefined));
  } catch (error) {
    return fail(error);
  }
  if (request.destroyed) {
    if (answer.body) new NetworkBody(answer.body).close();
    return undefined;
  }
  if (answer.failure !== undefined) return fail(errorOf(answer.failure));
  const body = answer.body === null ? undefined : new NetworkBody(answer.body, request._signal.signal);
  const message = incoming(answer, body, request);
  request.res = message;
  message.on("end", () => {
    request._isDone = true;
    clearTimeout(request._timer);
    queueMicrotask(() => request.destroy());
  });
  if (!request.emit("response", message)) message.resume();
  return undefined;
}

function errorOf(failure) {
  const error = new ErrorCtor(failure.message);
  const names = keys(failure);
  for (let i = 0; i < names.length; i++) if (names[i] !== "message" && names[i] !== "name") error[names[i]] = failure[names[i]];
  return error;
}
