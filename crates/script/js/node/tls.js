// Node's tls, of which a job has the names: it opens no sockets.
import { Socket } from "internal:node/net";
import { refusedCalls } from "internal:node/refused";

// Some programs look for the class that wraps a stream as a socket.
class TLSSocket extends Socket {
  constructor(socket) {
    super();
    this._handle = { _parentWrap: socket ?? this };
  }
}

export default {
  ...refusedCalls("tls", ["connect", "createServer", "createSecurePair"], "a job opens no sockets: use fetch or https.request"),
  TLSSocket, Server: class Server {}, SecureContext: class SecureContext {},
  createSecureContext: () => ({}), checkServerIdentity: () => undefined, getCiphers: () => [], rootCertificates: [],
  getCACertificates: () => [], setDefaultCACertificates() {},
  DEFAULT_MIN_VERSION: "TLSv1.2", DEFAULT_MAX_VERSION: "TLSv1.3", DEFAULT_ECDH_CURVE: "auto", DEFAULT_CIPHERS: "",
  CLIENT_RENEG_LIMIT: 3, CLIENT_RENEG_WINDOW: 600,
};
