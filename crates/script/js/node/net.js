// Node's net: what is told of addresses. A job opens no sockets.
import { Duplex } from "internal:node/stream_duplex";
import { EventEmitter } from "internal:node/events";
import { refusedCall } from "internal:node/refused";
import { RegExpCtor, fixed, uncurryThis } from "internal:core/primordials";

const test = uncurryThis(RegExpCtor.prototype.test);
const exec = uncurryThis(RegExpCtor.prototype.exec);
const V4 = fixed(/^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/);
const HEX = fixed(/^[0-9a-f]{1,4}$/i);
const ZONE = fixed(/^(.*?)(?:%[0-9a-z-.:]+)?$/i);

export const isIPv4 = (text) => typeof text === "string" && test(V4, text);
export function isIPv6(text) {
  if (typeof text !== "string") return false;
  const [, address] = exec(ZONE, text) ?? [];
  if (address === undefined || address === "") return false;
  const halves = address.split("::");
  if (halves.length > 2) return false;
  let groups = 0;
  for (let i = 0; i < halves.length; i++) {
    const parts = halves[i] === "" ? [] : halves[i].split(":");
    for (let j = 0; j < parts.length; j++) {
      const isLast = i === halves.length - 1 && j === parts.length - 1;
      if (isLast && isIPv4(parts[j])) groups += 2;
      else if (test(HEX, parts[j])) groups++;
      else return false;
    }
  }
  return halves.length === 2 ? groups < 8 : groups === 8;
}
const isIP = (text) => (isIPv4(text) ? 4 : isIPv6(text) ? 6 : 0);

const REASON = "a job opens no sockets: use fetch or http.request, or load the address with the page";
const connect = refusedCall("net.connect", REASON);

export class Socket extends Duplex {
  connecting = false;
  pending = true;
  connect() { return connect(); }
  setTimeout() { return this; }
  setNoDelay() { return this; }
  setKeepAlive() { return this; }
  address() { return {}; }
  ref() { return this; }
  unref() { return this; }
}

class Server extends EventEmitter {
  listening = false;
  listen() { return refusedCall("server.listen", "a job cannot listen on a port")(); }
  close(callback) { callback?.(); return this; }
  address() { return null; }
  ref() { return this; }
  unref() { return this; }
}

export default {
  isIP, isIPv4, isIPv6, Socket, Stream: Socket, Server, connect, createConnection: refusedCall("net.createConnection", REASON),
  createServer: () => new Server(),
  BlockList: refusedCall("net.BlockList", "it is not available to jobs: rules of the network are the job's `network`"),
  SocketAddress: refusedCall("net.SocketAddress", "it is not available to jobs"),
  getDefaultAutoSelectFamily: () => true, setDefaultAutoSelectFamily() {},
  getDefaultAutoSelectFamilyAttemptTimeout: () => 250, setDefaultAutoSelectFamilyAttemptTimeout() {},
};
