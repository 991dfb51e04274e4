// What ends a wait before its time: an AbortSignal, whoever made its class, or the prelude's own cutoff.
import { ops } from "internal:core/ops";
import { PromiseCtor, TypeErrorCtor, then } from "internal:core/primordials";

// Calls `ended(reason)` once the signal is aborted; answers the function that stops listening. An aborted one throws.
export function onAbort(signal, ended) {
  if (signal === undefined || signal === null) return () => {};
  if (typeof signal.addEventListener !== "function") throw new TypeErrorCtor("options.signal is not an AbortSignal");
  if (signal.aborted) throw signal.reason;
  const listener = () => { ended(signal.reason); };
  signal.addEventListener("abort", listener, { once: true });
  return () => { signal.removeEventListener("abort", listener); };
}

// Starts an op; when the signal is aborted first, the op is given up and the promise rejects with the signal's reason.
export function abortable(signal, start) {
  if (signal === undefined || signal === null) return start();
  return new PromiseCtor((resolve, reject) => {
    let number;
    const forget = onAbort(signal, (reason) => {
      forget();
      ops.cancel(number);
      reject(reason);
    });
    number = ops.cancel_next();
    let started;
    try {
      started = start();
    } catch (error) {
      forget();
      ops.cancel(number);
      throw error;
    }
    then(started, (value) => { forget(); resolve(value); }, (error) => { forget(); reject(error); });
  });
}
