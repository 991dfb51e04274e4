// Node's timers/promises.
import { PromiseCtor } from "internal:core/primordials";
import { clearTimeout, setImmediate as immediate, setTimeout as timeout } from "internal:node/timers";
import { DOMException } from "internal:node/dom_exception";

function cancellable(start, value, options = {}) {
  const { signal, ref = true } = options;
  return new PromiseCtor((resolve, reject) => {
    const abort = () => {
      const error = new DOMException("The operation was aborted", "AbortError");
      return Object.defineProperty(error, "cause", { value: signal.reason, writable: true, configurable: true });
    };
    if (signal?.aborted) return reject(abort());
    const timer = start(() => resolve(value));
    if (!ref) timer.unref();
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(abort());
    }, { once: true });
  });
}

const setTimeout = (delay, value, options) => cancellable((done) => timeout(done, delay), value, options);
const setImmediate = (value, options) => cancellable((done) => immediate(done), value, options);
async function* setInterval(delay, value, options) { for (;;) yield await setTimeout(delay, value, options); }
const scheduler = { wait: (delay, options) => setTimeout(delay, undefined, options), yield: () => setImmediate() };

export default { setTimeout, setImmediate, setInterval, scheduler };
