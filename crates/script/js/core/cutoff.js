// A signal of the prelude's own, for what it gives up by itself.
import { append, copy } from "internal:core/arrays";

export class Cutoff {
  aborted = false;
  reason;
  #listeners = [];

  addEventListener(_, listener) { append(this.#listeners, listener); }

  removeEventListener(_, listener) {
    const rest = [];
    for (let i = 0; i < this.#listeners.length; i++) if (this.#listeners[i] !== listener) append(rest, this.#listeners[i]);
    this.#listeners = rest;
  }

  abort(reason) {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    const listeners = copy(this.#listeners);
    for (let i = 0; i < listeners.length; i++) listeners[i]();
  }
}
