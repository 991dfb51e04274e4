// Waits for an event that a script's predicate accepts. The limits and their errors are Rust's.
import { append } from "internal:core/arrays";
import { tap } from "internal:puppeteer/event_emitter";
import { ops } from "internal:core/ops";
import { PromiseCtor } from "internal:core/primordials";
import { clearTimeout, setTimeout } from "internal:node/timers";

// `names`: the events to look at. `accepts(object)` → whether it is the one. `failed()` → throws the error of a timeout.
// `closing`: the event that ends all waiting, if there is one.
export function waitForEvent(emitter, names, accepts, timeout, failed, closing) {
  return new PromiseCtor((resolve, reject) => {
    const undo = [];
    let done = false;
    const settle = (how, value) => {
      if (done) return;
      done = true;
      for (let i = 0; i < undo.length; i++) undo[i]();
      how(value);
    };
    const attempt = (run) => (value) => {
      try {
        run(value);
      } catch (error) {
        settle(reject, error);
      }
    };
    const check = attempt((object) => { if (accepts(object)) settle(resolve, object); });
    for (let i = 0; i < names.length; i++) append(undo, tap(emitter, names[i], check));
    if (closing !== undefined) append(undo, tap(emitter, closing, attempt(() => ops.wait_closed())));
    if (timeout !== 0) {
      const timer = setTimeout(attempt(failed), timeout);
      append(undo, () => { clearTimeout(timer); });
    }
  });
}
