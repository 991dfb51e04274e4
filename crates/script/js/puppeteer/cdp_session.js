// CDPSession: the raw protocol, for a target.
import { deliver, EventEmitter } from "internal:puppeteer/event_emitter";
import { define, ridOf } from "internal:core/handles";
import { ops } from "internal:core/ops";
import { refuseJson } from "internal:puppeteer/page_function";
import { ProtocolError } from "internal:core/puppeteer_errors";
import { PromiseCtor, freeze, jsonStringify, then } from "internal:core/primordials";
import { timeoutOf } from "internal:puppeteer/options";
import { clearTimeout, setTimeout } from "internal:node/timers";

const connection = freeze({ __proto__: null });

export class CDPSession extends EventEmitter {
  id() { return ops.cdp_session_id(ridOf(this)); }
  get detached() { return ops.cdp_session_detached(ridOf(this)); }

  // The connection that its sessions have in common: what a script asks of it is whether there is one.
  connection() { return connection; }

  async send(method, params = {}, options) {
    const answer = ops.cdp_session_send(ridOf(this), `${method}`, jsonStringify(params));
    const timeout = timeoutOf(options?.timeout);
    return await (timeout ? inTime(answer, `${method}`, timeout) : answer);
  }

  async detach() { await ops.cdp_session_detach(ridOf(this)); }
  toJSON() { refuseJson(); }
}

define("CDPSession", CDPSession, (session, _, args) => { deliver(session, args[0], [args[1]]); });

function inTime(answer, method, timeout) {
  return new PromiseCtor((resolve, reject) => {
    const advice = "Increase the 'protocolTimeout' setting in launch/connect calls for a higher timeout if needed.";
    const late = () => { reject(new ProtocolError(`${method} timed out. ${advice}`)); };
    const timer = setTimeout(late, timeout);
    then(answer, (value) => { clearTimeout(timer); resolve(value); }, (error) => { clearTimeout(timer); reject(error); });
  });
}
