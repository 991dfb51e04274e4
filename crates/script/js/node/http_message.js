// Node's IncomingMessage: the answer to a request, as a stream of its body.
import { append } from "internal:core/arrays";
import { addMembers, derive } from "internal:node/stream_legacy";
import { Readable } from "internal:node/stream_readable";
import { StringCtor, apply, uncurryThis } from "internal:core/primordials";

const toLowerCase = uncurryThis(StringCtor.prototype.toLowerCase);
// Of these the first one counts; of all others every value does.
const SINGLE = {
  __proto__: null, age: true, authorization: true, "content-length": true, "content-type": true, etag: true, expires: true, from: true,
  host: true, "if-modified-since": true, "if-unmodified-since": true, "last-modified": true, location: true, "max-forwards": true,
  "proxy-authorization": true, referer: true, "retry-after": true, server: true, "user-agent": true,
};

// Headers as Node has them, of names and values by turns.
function headersOf(raw) {
  const headers = {};
  for (let i = 0; i < raw.length; i += 2) {
    const name = toLowerCase(raw[i]);
    if (name === "set-cookie") headers[name] === undefined ? headers[name] = [raw[i + 1]] : append(headers[name], raw[i + 1]);
    else if (headers[name] === undefined) headers[name] = raw[i + 1];
    else if (!SINGLE[name]) headers[name] += `${name === "cookie" ? "; " : ", "}${raw[i + 1]}`;
  }
  return headers;
}

export function IncomingMessage(socket) {
  if (!(this instanceof IncomingMessage)) return new IncomingMessage(socket);
  apply(Readable, this, [{}]);
  this.socket = this.connection = socket;
  this.httpVersion = "1.1";
  this.httpVersionMajor = this.httpVersionMinor = 1;
  this.complete = false;
  this.aborted = false;
  this.rawHeaders = [];
  this.rawTrailers = [];
  this.trailers = {};
  this.headers = {};
  this.url = "";
  this.method = null;
  this.statusCode = null;
  this.statusMessage = null;
  return undefined;
}
derive(IncomingMessage, Readable, {});
addMembers(IncomingMessage, {
  get headersDistinct() {
    const found = { __proto__: null };
    for (let i = 0; i < this.rawHeaders.length; i += 2) append(found[toLowerCase(this.rawHeaders[i])] ??= [], this.rawHeaders[i + 1]);
    return found;
  },
  setTimeout(milliseconds, listener) {
    this.req?.setTimeout(milliseconds);
    if (typeof listener === "function") this.on("timeout", listener);
    return this;
  },
});

// The message of an answer: `body` gives its pieces, null at the end.
export function incoming({ status, reason, headers }, body, request) {
  const message = new IncomingMessage(request.socket);
  message.statusCode = status;
  message.statusMessage = reason;
  message.rawHeaders = headers;
  message.headers = headersOf(headers);
  message.req = request;
  message._read = () => {
    if (body === undefined) return over(message);
    body.next().then((piece) => {
      if (piece === null) over(message);
      else message.push(piece);
    }, (error) => message.destroy(connectionLost(error)));
  };
  message._destroy = (error, callback) => {
    if (!message.readableEnded && !message.complete) {
      message.aborted = true;
      body?.close();
    }
    callback(error);
  };
  return message;
}

function over(message) {
  message.complete = true;
  message.push(null);
}

// Node's own error for a body that breaks off.
function connectionLost(error) {
  const lost = new Error("aborted", { cause: error });
  lost.code = "ECONNRESET";
  return lost;
}
