// Request: one request of the page.
import { append } from "internal:core/arrays";
import { define, ridOf } from "internal:core/handles";
import { ops } from "internal:core/ops";
import { text } from "internal:puppeteer/options";
import { isString, refuseJson } from "internal:puppeteer/page_function";
import { NumberCtor } from "internal:core/primordials";

export class Request {
  #headers;

  url() { return ops.request_url(ridOf(this)); }
  resourceType() { return ops.request_resource_type(ridOf(this)); }
  method() { return ops.request_method(ridOf(this)); }
  postData() { return ops.request_post_data(ridOf(this)); }
  headers() { return this.#headers ??= ops.request_headers(ridOf(this)); }
  response() { return ops.request_response(ridOf(this)); }
  frame() { return ops.request_frame(ridOf(this)); }
  isNavigationRequest() { return ops.request_is_navigation_request(ridOf(this)); }
  redirectChain() { return ops.request_redirect_chain(ridOf(this)); }
  failure() { return ops.request_failure(ridOf(this)); }

  async continue(overrides = {}) {
    const { url, method, postData, headers } = overrides;
    await ops.request_continue(ridOf(this), {
      __proto__: null, url: text(url), method: text(method), postData: text(postData), headers: pairs(headers),
    });
  }

  async respond(response) {
    const { status, headers, contentType, body } = response;
    const content = (isString(body) ? `${body}` : body) || undefined;
    await ops.request_respond(ridOf(this), NumberCtor(status) || 200, pairs(headers), text(contentType), content);
  }

  async abort(errorCode = "failed") { await ops.request_abort(ridOf(this), `${errorCode}`); }
  toJSON() { refuseJson(); }
}

// Header names and values in order; a value that is undefined takes its header away, any other becomes text.
export function pairs(headers) {
  if (!headers) return undefined;
  const list = [];
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) append(list, [name, `${value}`]);
  }
  return list;
}

define("Request", Request, undefined, 1000);
