// Response: the answer to a request of the page.
import { define, ridOf } from "internal:core/handles";
import { fetchClass } from "internal:puppeteer/request";
import { ops } from "internal:core/ops";
import { refuseJson } from "internal:puppeteer/page_function";
import { jsonParse } from "internal:core/primordials";

export class Response {
  #headers;

  remoteAddress() { return ops.response_remote_address(ridOf(this)); }
  url() { return ops.response_url(ridOf(this)); }
  ok() { return ops.response_ok(ridOf(this)); }
  status() { return ops.response_status(ridOf(this)); }
  statusText() { return ops.response_status_text(ridOf(this)); }
  headers() { return this.#headers ??= ops.response_headers(ridOf(this)); }
  timing() { return ops.response_timing(ridOf(this)); }
  securityDetails() { return ops.response_security_details(ridOf(this)); }
  async buffer() { return await ops.response_buffer(ridOf(this)); }
  async content() { return await ops.response_buffer(ridOf(this)); }
  async text() { return await ops.response_text(ridOf(this)); }
  async json() { return jsonParse(await ops.response_text(ridOf(this))); }
  async asFetchResponse() {
    const { status, statusText } = { status: this.status(), statusText: this.statusText() };
    const hasBody = status !== 204 && status !== 205 && status !== 304 && (status < 300 || status > 399);
    const body = hasBody ? await this.buffer() : null;
    return new (fetchClass("Response"))(body, { status, statusText, headers: this.headers() });
  }

  request() { return ops.response_request(ridOf(this)); }
  fromCache() { return ops.response_from_cache(ridOf(this)); }
  fromServiceWorker() { return ops.response_from_service_worker(ridOf(this)); }
  frame() { return ops.response_frame(ridOf(this)); }
  toJSON() { refuseJson(); }
}

define("Response", Response, undefined, 1000);
