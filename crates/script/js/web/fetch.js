// fetch: requests of the job itself. Each hop of a redirect is one exchange of the executor's; what is decided here is how an answer
// looks, and where a redirect leads. There is no jar of cookies, as in Node.
import { append } from "internal:core/arrays";
import { makeError, rawStack } from "internal:core/errors";
import { ops } from "internal:core/ops";
import { Headers } from "internal:node/headers";
import { URL } from "internal:node/url";
import { abortable } from "internal:puppeteer/abort";
import { NetworkBody, Payload, failed, getPayload, upload } from "internal:web/body";
import { readDataUrl } from "internal:web/data_url";
import { Request, signalOf, urlIn } from "internal:web/request";
import { REDIRECTS, makeResponse } from "internal:web/response";
import { ridOf } from "internal:core/handles";
import { TypeErrorCtor } from "internal:core/primordials";

const MOST_HOPS = 20;
// Those of a body that does not go along.
const OF_THE_BODY = ["content-encoding", "content-language", "content-location", "content-type", "content-length"];
// Those that another origin is not to see.
const PRIVATE = ["authorization", "proxy-authorization", "cookie", "host"];

export async function fetch(input, init = undefined) {
  // Before anything is waited for: the errors come from where it was called.
  const stack = rawStack();
  const fail = (failure) => failed("fetch failed", failure, (text) => makeError("TypeError", text, stack));
  if (arguments.length === 0) throw new TypeErrorCtor("fetch: 1 argument required, but only 0 present.");
  const request = new Request(input, init);
  const signal = signalOf(request);
  if (signal?.aborted) throw signal.reason;
  const url = urlIn(request);
  if (url.protocol === "data:") return answerOfData(url, fail);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw fail({ message: url.protocol === "file:" || url.protocol === "blob:" ? "not implemented... yet..." : "unknown scheme" });
  }
  if (!ops.fetch_is_allowed()) throw makeError("TypeError", "fetch is switched off here (JOB_FETCH=false)", stack);
  return follow(request, signal, url, fail);
}

function answerOfData(url, fail) {
  const read = readDataUrl(url.href);
  if (read === undefined) throw fail({ message: "invalid data URL" });
  return makeResponse({
    status: 200, statusText: "OK", headers: new Headers({ "content-type": read.type }), type: "basic", url: url.href, redirected: false,
    payload: new Payload({ bytes: read.bytes }),
  });
}

async function follow(request, signal, first, fail) {
  const headers = new Headers(request.headers);
  let { method } = request;
  let payload = getPayload(request);
  if (payload !== undefined && !payload.isUsable) throw new TypeErrorCtor("Cannot construct a Request with a Request object that has already been used.");
  let url = first;
  for (let hop = 0; ; hop++) {
    const answer = await exchange({ method, url, headers, payload }, signal, fail);
    const location = REDIRECTS[answer.status] ? answer.headers.get("location") : null;
    if (location === null || request.redirect === "manual") return responseOf(answer, url, hop > 0, signal);
    if (answer.body !== null) ops.fetch_close(ridOf(answer.body));
    if (request.redirect === "error") throw fail({ message: "unexpected redirect" });
    if (hop === MOST_HOPS) throw fail({ message: "redirect count exceeded" });
    const next = targetOf(location, url, fail);
    if (answer.status !== 303 && payload !== undefined && payload.bytes === undefined) {
      throw fail({ message: "the body of a redirected request cannot be sent again" });
    }
    if (answer.status === 303 ? method !== "GET" && method !== "HEAD" : method === "POST" && answer.status < 303) {
      method = "GET";
      payload = undefined;
      remove(headers, OF_THE_BODY);
    }
    if (next.origin !== url.origin) remove(headers, PRIVATE);
    url = next;
  }
}

function targetOf(location, url, fail) {
  let next;
  try {
    next = new URL(location, url);
  } catch (error) {
    throw fail(error);
  }
  if (next.protocol !== "http:" && next.protocol !== "https:") throw fail({ message: "URL scheme must be a HTTP(S) scheme" });
  if (next.origin !== url.origin && (next.username !== "" || next.password !== "")) {
    throw fail({ message: 'cross origin not allowed for request mode "cors"' });
  }
  if (next.hash === "") next.hash = url.hash;
  return next;
}

function remove(headers, names) {
  for (let i = 0; i < names.length; i++) headers.delete(names[i]);
}

// One request and the head of its answer.
async function exchange({ method, url, headers, payload }, signal, fail) {
  if (signal?.aborted) throw signal.reason;
  const head = { method, url: url.href, headers: sent(headers, url) };
  let bytes;
  let uploading;
  if (payload !== undefined) {
    payload.used = true;
    if (payload.bytes !== undefined) ({ bytes } = payload);
    else uploading = upload(payload.stream);
  }
  let answer;
  try {
    answer = await abortable(signal, () => ops.fetch_send(head, bytes, uploading?.rid));
  } catch (error) {
    uploading?.cancel(error);
    throw error;
  }
  if (answer.failure === undefined) {
    const { status, reason, body } = answer;
    const got = new Headers();
    for (let i = 0; i < answer.headers.length; i += 2) got.append(answer.headers[i], answer.headers[i + 1]);
    return { status, reason, headers: got, body };
  }
  if (uploading === undefined) throw fail(answer.failure);
  // The body's own error tells more; without one the body is not wanted any more.
  const broken = answer.upload ? await uploading.fed : undefined;
  if (broken !== undefined) throw fail(broken);
  uploading.cancel();
  throw fail(answer.failure);
}

// The headers as they go out, with what Node adds.
function sent(headers, url) {
  const list = [];
  headers.forEach((value, name) => { append(list, [name, value]); });
  const add = (name, value) => {
    if (!headers.has(name)) append(list, [name, value]);
  };
  add("accept", "*/*");
  add("accept-language", "*");
  add("sec-fetch-mode", "cors");
  add("user-agent", "node");
  add("accept-encoding", headers.has("range") ? "identity" : url.protocol === "https:" ? "br, gzip, deflate" : "gzip, deflate");
  return list;
}

function responseOf({ status, reason, headers, body }, url, redirected, signal) {
  const shown = new URL(url.href);
  shown.hash = "";
  return makeResponse({
    status, statusText: reason, headers, type: "basic", url: shown.href, redirected,
    payload: body === null ? undefined : new Payload({ network: new NetworkBody(body, signal) }),
  });
}
