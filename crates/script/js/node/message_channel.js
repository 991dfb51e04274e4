// MessageChannel and its ports: what one is given the other's listeners get, copied, a turn later.
import { append, remove } from "internal:core/arrays";
import { structuredClone } from "internal:node/clone";
import { Event, EventTarget, defineHandler } from "internal:node/event_target";
import { setImmediate } from "internal:node/timers";
import { SymbolCtor, TypeErrorCtor } from "internal:core/primordials";

export class MessageEvent extends Event {
  #data; #origin; #lastEventId; #source; #ports;
  constructor(type, options = {}) {
    super(type, options);
    const { data = null, origin = "", lastEventId = "", source = null, ports = [] } = options ?? {};
    this.#data = data;
    this.#origin = `${origin}`;
    this.#lastEventId = `${lastEventId}`;
    this.#source = source;
    this.#ports = ports;
  }
  get data() { return this.#data; }
  get origin() { return this.#origin; }
  get lastEventId() { return this.#lastEventId; }
  get source() { return this.#source; }
  get ports() { return this.#ports; }
  get [SymbolCtor.toStringTag]() { return "MessageEvent"; }
}

let allowed = false;
let entangle;

export class MessagePort extends EventTarget {
  #other = null; #waiting = []; #started = false; #closed = false;
  static {
    entangle = () => {
      allowed = true;
      const one = new MessagePort();
      allowed = true;
      const other = new MessagePort();
      one.#other = other;
      other.#other = one;
      return [one, other];
    };
  }
  constructor() {
    if (!allowed) throw new TypeErrorCtor("Illegal constructor");
    allowed = false;
    super();
  }
  postMessage(message) {
    const copied = structuredClone(message);
    const other = this.#other;
    if (other === null || other.#closed) return;
    append(other.#waiting, copied);
    if (other.#started) setImmediate(() => other.#deliver());
  }
  start() {
    if (this.#started) return;
    this.#started = true;
    for (let i = 0; i < this.#waiting.length; i++) setImmediate(() => this.#deliver());
  }
  #deliver() {
    if (this.#closed || this.#waiting.length === 0) return;
    const [data] = this.#waiting;
    remove(this.#waiting, 0, 1);
    this.dispatchEvent(new MessageEvent("message", { data }));
  }
  close() {
    if (this.#closed) return;
    this.#closed = true;
    const other = this.#other;
    setImmediate(() => {
      this.dispatchEvent(new Event("close"));
      other.close();
    });
  }
  // Node's ports are emitters, too.
  on(name, listener) {
    this.addEventListener(name, (event) => listener(event.data));
    if (name === "message") this.start();
    return this;
  }
  ref() { return this; }
  unref() { return this; }
  get [SymbolCtor.toStringTag]() { return "MessagePort"; }
}
defineHandler(MessagePort.prototype, "message");
defineHandler(MessagePort.prototype, "messageerror");

// Setting the handler begins, as it does in the web.
const { get, set } = Object.getOwnPropertyDescriptor(MessagePort.prototype, "onmessage");
Object.defineProperty(MessagePort.prototype, "onmessage", {
  get,
  set(value) {
    set.call(this, value);
    this.start();
  },
  configurable: true, enumerable: true,
});

export class MessageChannel {
  #ports = entangle();
  get port1() { return this.#ports[0]; }
  get port2() { return this.#ports[1]; }
  get [SymbolCtor.toStringTag]() { return "MessageChannel"; }
}
