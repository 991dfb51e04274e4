// AbortController and AbortSignal.
import { custom, inspect } from "internal:core/inspect";
import { DOMException } from "internal:node/dom_exception";
import { Event, EventTarget, defineHandler } from "internal:node/event_target";
import { setTimeout } from "internal:node/timers";
import { invalidArgument, outOfRange, typeError } from "internal:node/node_error";
import { SymbolCtor, create } from "internal:core/primordials";

let abort;
let allowed = false;

export class AbortSignal extends EventTarget {
  #aborted = false;
  #reason;
  static {
    abort = (signal, reason) => {
      if (signal.#aborted) return;
      signal.#aborted = true;
      signal.#reason = reason === undefined ? new DOMException("This operation was aborted", "AbortError") : reason;
      signal.dispatchEvent(new Event("abort"));
    };
  }
  constructor() {
    if (!allowed) throw typeError("ERR_ILLEGAL_CONSTRUCTOR", "Illegal constructor");
    super();
  }
  get aborted() { return this.#aborted; }
  get reason() { return this.#reason; }
  throwIfAborted() { if (this.#aborted) throw this.#reason; }

  static abort(reason) {
    const signal = make();
    abort(signal, reason);
    return signal;
  }
  // A whole script does not wait for it.
  static timeout(milliseconds) {
    if (typeof milliseconds !== "number") throw invalidArgument('"delay" argument', "of type number", milliseconds);
    if (!(milliseconds >= 0 && milliseconds <= 0xffffffff)) throw outOfRange("delay", ">= 0 && <= 4294967295", milliseconds);
    const signal = make();
    const timer = setTimeout(() => abort(signal, new DOMException("The operation was aborted due to timeout", "TimeoutError")), milliseconds);
    timer.unref();
    return signal;
  }
  static any(signals) {
    const signal = make();
    for (const each of signals) {
      if (each.aborted) {
        abort(signal, each.reason);
        break;
      }
      each.addEventListener("abort", () => abort(signal, each.reason), { once: true });
    }
    return signal;
  }
  get [SymbolCtor.toStringTag]() { return "AbortSignal"; }
  [custom](depth, options) {
    if (typeof depth === "number" && depth < 0) return this;
    const shown = create({ constructor: AbortSignal });
    shown.aborted = this.#aborted;
    return inspect(shown, options);
  }
}
defineHandler(AbortSignal.prototype, "abort");

function make() {
  allowed = true;
  try {
    return new AbortSignal();
  } finally {
    allowed = false;
  }
}

export class AbortController {
  #signal = make();
  get signal() { return this.#signal; }
  abort(reason) { abort(this.#signal, reason); }
  get [SymbolCtor.toStringTag]() { return "AbortController"; }
  [custom](depth, options) {
    if (typeof depth === "number" && depth < 0) return this;
    const shown = create({ constructor: AbortController });
    shown.signal = this.#signal;
    return inspect(shown, options);
  }
}
