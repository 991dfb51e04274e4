// CDPSession: the raw protocol, for a target.
import { deliver, EventEmitter } from "internal:puppeteer/event_emitter";
import { define, ridOf } from "internal:core/handles";
import { ops } from "internal:core/ops";
import { refuseJson } from "internal:puppeteer/page_function";
import { jsonStringify } from "internal:core/primordials";

export class CDPSession extends EventEmitter {
  async send(method, params = {}) { return await ops.cdp_session_send(ridOf(this), `${method}`, jsonStringify(params)); }
  async detach() { await ops.cdp_session_detach(ridOf(this)); }
  toJSON() { refuseJson(); }
}

define("CDPSession", CDPSession, (session, _, args) => { deliver(session, args[0], [args[1]]); });
