// Waits for an event that a script's predicate accepts. The limits and their errors are Rust's.
import { append } from "internal:core/arrays";
import { onAbort } from "internal:puppeteer/abort";
import { tap } from "internal:puppeteer/event_emitter";
import { ops } from "internal:core/ops";
import { PromiseCtor, then } from "internal:core/primordials";
import { clearTimeout, setTimeout } from "internal:node/timers";

// `names`: the events to look at. `accepts(object)` → whether it is the one, or a promise of that. `failed()` → throws
// the error of a timeout. `now`: objects that are there already. `closing`: the event that ends all waiting, if there is
// one. `signal`: the script's own end of it.
export function waitForEvent(emitter, { names, accepts, timeout, failed, now = [], closing, signal }) {
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
    const check = attempt((object) => {
      if (done) return;
      const accepted = accepts(object);
      if (!isThenable(accepted)) {
        if (accepted) settle(resolve, object);
        return;
      }
      then(PromiseCtor.resolve(accepted), (good) => { if (good) settle(resolve, object); }, (error) => { settle(reject, error); });
    });
    append(undo, onAbort(signal, (reason) => { settle(reject, reason); }));
    for (let i = 0; i < now.length; i++) check(now[i]);
    if (done) return;
    for (let i = 0; i < names.length; i++) append(undo, tap(emitter, names[i], check));
    if (closing !== undefined) append(undo, tap(emitter, closing, attempt(() => ops.wait_closed())));
    if (timeout !== 0) {
      const timer = setTimeout(attempt(failed), timeout);
      append(undo, () => { clearTimeout(timer); });
    }
  });
}

function isThenable(value) {
  return typeof value === "object" && value !== null && typeof value.then === "function";
}
