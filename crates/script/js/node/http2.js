// Node's http2, of which a job has the names: its requests go out by HTTP 1.1.
import { refusedCalls } from "internal:node/refused";

export default {
  ...refusedCalls("http2", ["connect", "createServer", "createSecureServer", "performServerHandshake"], "a job has HTTP 1.1: use fetch or https.request"),
  Http2ServerRequest: class Http2ServerRequest {}, Http2ServerResponse: class Http2ServerResponse {},
  constants: {
    HTTP2_HEADER_STATUS: ":status", HTTP2_HEADER_METHOD: ":method", HTTP2_HEADER_AUTHORITY: ":authority", HTTP2_HEADER_SCHEME: ":scheme",
    HTTP2_HEADER_PATH: ":path", HTTP2_HEADER_PROTOCOL: ":protocol", HTTP2_HEADER_CONTENT_LENGTH: "content-length",
    HTTP2_HEADER_CONTENT_TYPE: "content-type", HTTP2_HEADER_EXPECT: "expect", HTTP2_METHOD_GET: "GET", HTTP2_METHOD_HEAD: "HEAD",
    HTTP2_METHOD_POST: "POST", HTTP2_METHOD_DELETE: "DELETE", HTTP2_METHOD_CONNECT: "CONNECT", NGHTTP2_NO_ERROR: 0, NGHTTP2_CANCEL: 8,
    NGHTTP2_REFUSED_STREAM: 7, NGHTTP2_INTERNAL_ERROR: 2,
  },
  sensitiveHeaders: Symbol("nodejs.http2.sensitiveHeaders"), getDefaultSettings: () => ({}),
};
