// Node's http: requests of the job itself. Nothing listens in a job.
import { EventEmitter } from "internal:node/events";
import { IncomingMessage } from "internal:node/http_message";
import { Agent, ClientRequest } from "internal:node/http_request";
import { addMembers, derive } from "internal:node/stream_legacy";
import { Writable } from "internal:node/stream_writable";
import { ErrorCtor, TypeErrorCtor, apply, defineProperty } from "internal:core/primordials";
import { withCode } from "internal:node/node_error";

const STATUS_CODES = {
  100: "Continue", 101: "Switching Protocols", 102: "Processing", 103: "Early Hints", 200: "OK", 201: "Created", 202: "Accepted",
  203: "Non-Authoritative Information", 204: "No Content", 205: "Reset Content", 206: "Partial Content", 207: "Multi-Status",
  208: "Already Reported", 226: "IM Used", 300: "Multiple Choices", 301: "Moved Permanently", 302: "Found", 303: "See Other",
  304: "Not Modified", 305: "Use Proxy", 307: "Temporary Redirect", 308: "Permanent Redirect", 400: "Bad Request", 401: "Unauthorized",
  402: "Payment Required", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable",
  407: "Proxy Authentication Required", 408: "Request Timeout", 409: "Conflict", 410: "Gone", 411: "Length Required",
  412: "Precondition Failed", 413: "Payload Too Large", 414: "URI Too Long", 415: "Unsupported Media Type", 416: "Range Not Satisfiable",
  417: "Expectation Failed", 418: "I'm a Teapot", 421: "Misdirected Request", 422: "Unprocessable Entity", 423: "Locked",
  424: "Failed Dependency", 425: "Too Early", 426: "Upgrade Required", 428: "Precondition Required", 429: "Too Many Requests",
  431: "Request Header Fields Too Large", 451: "Unavailable For Legal Reasons", 500: "Internal Server Error", 501: "Not Implemented",
  502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout", 505: "HTTP Version Not Supported",
  506: "Variant Also Negotiates", 507: "Insufficient Storage", 508: "Loop Detected", 509: "Bandwidth Limit Exceeded", 510: "Not Extended",
  511: "Network Authentication Required",
};
const METHODS = [
  "ACL", "BIND", "CHECKOUT", "CONNECT", "COPY", "DELETE", "GET", "HEAD", "LINK", "LOCK", "M-SEARCH", "MERGE", "MKACTIVITY", "MKCALENDAR",
  "MKCOL", "MOVE", "NOTIFY", "OPTIONS", "PATCH", "POST", "PROPFIND", "PROPPATCH", "PURGE", "PUT", "QUERY", "REBIND", "REPORT", "SEARCH",
  "SOURCE", "SUBSCRIBE", "TRACE", "UNBIND", "UNLINK", "UNLOCK", "UNSUBSCRIBE",
];

// A server may be made, as programs do that are not asked to serve.
export function Server(options, listener) {
  if (!(this instanceof Server)) return new Server(options, listener);
  apply(EventEmitter, this, []);
  const heard = typeof options === "function" ? options : listener;
  if (typeof heard === "function") this.on("request", heard);
  this.listening = false;
  this.timeout = 0;
  this.keepAliveTimeout = 5000;
  this.headersTimeout = 60000;
  this.requestTimeout = 300000;
  return undefined;
}
derive(Server, EventEmitter, {});
addMembers(Server, {
  listen() {
    throw new ErrorCtor("server.listen: a job cannot listen on a port: give the page what it shows with page.setContent(), or answer its requests with page.setRequestInterception(true) and request.respond()");
  },
  close(callback) {
    callback?.(withCode("ERR_SERVER_NOT_RUNNING", "Server is not running."));
    return this;
  },
  closeAllConnections() {},
  closeIdleConnections() {},
  address() { return null; },
  setTimeout() { return this; },
  ref() { return this; },
  unref() { return this; },
});

export function OutgoingMessage(options) { apply(Writable, this, [options]); }
derive(OutgoingMessage, Writable, {});
export function ServerResponse(request) {
  apply(OutgoingMessage, this, []);
  this.req = request;
}
derive(ServerResponse, OutgoingMessage, {});

// Both modules, which differ in what is meant when nothing is said.
export function moduleFor(protocol) {
  function OwnAgent(options) {
    if (!(this instanceof OwnAgent)) return new OwnAgent(options);
    apply(Agent, this, [options]);
    this.protocol = protocol;
    this.defaultPort = protocol === "https:" ? 443 : 80;
    return undefined;
  }
  derive(OwnAgent, Agent, {});
  defineProperty(OwnAgent, "name", { value: "Agent", configurable: true });
  const defaults = { protocol, own: true };
  const request = (input, options, callback) => new ClientRequest(input, options, callback, defaults);
  return {
    request,
    get(input, options, callback) {
      const made = request(input, options, callback);
      made.end();
      return made;
    },
    Agent: OwnAgent, globalAgent: new OwnAgent({ keepAlive: true, scheduling: "lifo", timeout: 5000 }), ClientRequest, Server, createServer: (options, listener) => new Server(options, listener),
  };
}

const token = /^[\^_`a-zA-Z\-0-9!#$%&'*+.|~]+$/;
export default {
  ...moduleFor("http:"), IncomingMessage, OutgoingMessage, ServerResponse, METHODS, STATUS_CODES, maxHeaderSize: 16384,
  validateHeaderName(name) {
    if (typeof name === "string" && token.test(name)) return;
    throw withCode("ERR_INVALID_HTTP_TOKEN", `Header name must be a valid HTTP token ["${name}"]`, TypeErrorCtor);
  },
  validateHeaderValue(name, value) {
    if (value !== undefined) return;
    throw withCode("ERR_HTTP_INVALID_HEADER_VALUE", `Invalid value "${value}" for header "${name}"`, TypeErrorCtor);
  },
  setMaxIdleHTTPParsers() {},
};
