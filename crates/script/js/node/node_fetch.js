// The package node-fetch: its function is the job's own fetch.
import { assign, defineProperty } from "internal:core/primordials";
import { DOMException } from "internal:node/dom_exception";
import { Blob, File } from "internal:node/blob";
import { FormData } from "internal:node/form_data";
import { Headers } from "internal:node/headers";
import { fetch } from "internal:web/fetch";
import { Request } from "internal:web/request";
import { Response } from "internal:web/response";

const isRedirect = (status) => [301, 302, 303, 307, 308].includes(status);
const nodeFetch = (url, options) => fetch(url, options);
// For CommonJS; it is not an export of that name.
defineProperty(nodeFetch, "default", { value: nodeFetch, writable: true, configurable: true, enumerable: false });
export default assign(nodeFetch, {
  fetch, AbortError: DOMException, Blob, File, FormData, Headers, Request, Response, isRedirect,
});
