// Request: one request of the page.
import { modern } from "internal:core/api";
import { append } from "internal:core/arrays";
import { define, ridOf } from "internal:core/handles";
import { late } from "internal:core/late";
import { ops } from "internal:core/ops";
import { text } from "internal:puppeteer/options";
import { isString, refuseJson } from "internal:puppeteer/page_function";
import { describe } from "internal:core/errors";
import { NumberCtor, isArray, then } from "internal:core/primordials";

// What may become of a held request, as newer Puppeteers name it.
export const InterceptResolutionAction = {
  Abort: "abort", Respond: "respond", Continue: "continue", Disabled: "disabled", None: "none",
  AlreadyHandled: "already-handled",
};

// Which of two votes of the same priority counts: the one of the higher rank.
const { Abort, Respond, Continue, None } = InterceptResolutionAction;
const RANK = { __proto__: null, [None]: 0, [Continue]: 1, [Respond]: 2, [Abort]: 3 };

let finalizerOf, adds;

export class Request {
  #headers;
  // What the listeners have voted for: the action, its priority, and what each action would do.
  #vote = { action: None };
  #overrides = {};
  #response = null;
  #abortReason = null;
  #handled = false;
  #handlers = [];

  static {
    finalizerOf = (request) => request.finalizeInterceptions();
    adds = (request) => request.#handlers.length > 0 || request.#vote.priority !== undefined;
  }

  url() { return ops.request_url(ridOf(this)); }
  resourceType() { return ops.request_resource_type(ridOf(this)); }
  method() { return ops.request_method(ridOf(this)); }
  postData() { return ops.request_post_data(ridOf(this)); }
  hasPostData() { return ops.request_has_post_data(ridOf(this)); }
  async fetchPostData() { return await ops.request_fetch_post_data(ridOf(this)); }
  async content() { return await ops.request_content(ridOf(this)); }
  initiator() { return ops.request_initiator(ridOf(this)); }
  get client() { return ops.request_client(ridOf(this)); }

  async asFetchRequest() {
    const method = this.method();
    const body = method === "GET" || method === "HEAD" ? undefined : await this.content();
    return new (fetchClass("Request"))(this.url(), { method, headers: this.headers(), body });
  }

  // Newer Puppeteers give a copy of what is known by now.
  headers() {
    if (modern) return ops.request_headers(ridOf(this));
    return this.#headers ??= ops.request_headers(ridOf(this));
  }

  response() { return ops.request_response(ridOf(this)); }
  frame() { return ops.request_frame(ridOf(this)); }
  isNavigationRequest() { return ops.request_is_navigation_request(ridOf(this)); }
  redirectChain() { return ops.request_redirect_chain(ridOf(this)); }
  failure() { return ops.request_failure(ridOf(this)); }

  // Without a priority a request goes on at once. With one it is a vote: the highest counts, once all listeners have run;
  // among equals abort goes before respond, and respond before continue.
  async continue(overrides = {}, priority) {
    if (priority === undefined) return await this.#continue(overrides);
    if (!this.#mayVote()) return undefined;
    this.#overrides = overrides;
    return this.#cast(Continue, priority);
  }

  async respond(response, priority) {
    if (priority === undefined) return await this.#respond(response);
    if (!this.#mayVote()) return undefined;
    this.#response = response;
    return this.#cast(Respond, priority);
  }

  async abort(errorCode = "failed", priority) {
    if (priority === undefined) return await this.#abort(`${errorCode}`);
    if (!this.#mayVote()) return undefined;
    this.#abortReason = ops.request_abort_reason(`${errorCode}`);
    return this.#cast(Abort, priority);
  }

  continueRequestOverrides() { return this.#overrides; }
  responseForRequest() { return this.#response; }
  abortErrorReason() { return this.#abortReason; }
  isInterceptResolutionHandled() { return this.#handled; }

  interceptResolutionState() {
    if (!ops.request_is_held(ridOf(this))) return { action: InterceptResolutionAction.Disabled };
    if (this.#handled) return { action: InterceptResolutionAction.AlreadyHandled };
    const { action, priority } = this.#vote;
    return priority === undefined ? { action } : { action, priority };
  }

  enqueueInterceptAction(pendingHandler) { append(this.#handlers, pendingHandler); }

  async finalizeInterceptions() {
    const handlers = this.#handlers;
    for (let i = 0; i < handlers.length; i++) await handlers[i]();
    this.#handlers = [];
    if (this.#handled || this.#vote.priority === undefined) return;
    const { action } = this.#vote;
    if (action === Abort) await this.#abort(this.#abortReason);
    else if (action === Respond) await this.#respond(this.#response);
    else if (action === Continue) await this.#continue(this.#overrides);
  }

  toJSON() { refuseJson(); }

  // Whether there is anything to vote about; throws as a call without a priority does.
  #mayVote() { return ops.request_may_vote(ridOf(this)); }

  #cast(action, priority) {
    const { action: leading, priority: highest } = this.#vote;
    if (highest !== undefined && !(priority > highest)) {
      // Equal numbers of two types are equal to `abort` alone, as in Puppeteer.
      const equal = action === Abort ? priority >= highest : priority === highest;
      if (!equal || RANK[action] < RANK[leading]) return;
    }
    this.#vote = { action, priority };
  }

  async #continue(overrides) {
    const { url, method, postData, headers } = overrides;
    const answer = ops.request_continue(ridOf(this), {
      __proto__: null, url: text(url), method: text(method), postData: text(postData), headers: pairs(headers),
    });
    await this.#settled(answer);
  }

  async #respond(response) {
    const { status, headers, contentType, body } = response;
    const content = (isString(body) ? `${body}` : body) || undefined;
    const answer = ops.request_respond(ridOf(this), NumberCtor(status) || 200, pairs(headers), text(contentType), content);
    await this.#settled(answer);
  }

  async #abort(reason) {
    const answer = ops.request_abort(ridOf(this), reason);
    await this.#settled(answer);
  }

  // A refused answer leaves the request to the next word.
  async #settled(answer) {
    this.#handled = ops.request_is_handled(ridOf(this));
    try {
      await answer;
    } finally {
      this.#handled = ops.request_is_handled(ridOf(this));
    }
  }
}

// After the listeners of `request`: what they voted for happens.
export function finalize(request) {
  if (!adds(request)) return;
  then(finalizerOf(request), undefined, (error) => { ops.log("WARN", `Unhandled rejection: ${describe(error)}`); });
}

// Header names and values in order; a value that is undefined takes its header away, a list is several headers, anything
// else becomes text. A `Headers` object has its own order.
export function pairs(headers) {
  if (!headers) return undefined;
  const list = [];
  const add = (name, value) => {
    if (value === undefined) return;
    if (isArray(value)) for (let i = 0; i < value.length; i++) append(list, [name, `${value[i]}`]);
    else append(list, [name, `${value}`]);
  };
  if (isHeaders(headers)) headers.forEach((value, name) => { add(name, value); });
  else for (const name in headers) add(name, headers[name]);
  return list;
}

// Whether it is a `Headers` object of any realm.
export function isHeaders(value) {
  return typeof value.forEach === "function" && typeof value.append === "function" && typeof value.get === "function";
}

// One of the web's classes that scripts have, too: read when somebody asks for one.
export const fetchClass = (name) => late(`web/${name === "Request" ? "request" : "response"}`)[name];

define("Request", Request, undefined, 1000);
