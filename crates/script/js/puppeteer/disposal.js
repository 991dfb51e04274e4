// What `using` ends: nobody awaits it, and nobody hears that it failed.
import { PromiseCtor, uncurryThis } from "internal:core/primordials";

const then = uncurryThis(PromiseCtor.prototype.then);

export function quietly(promise) {
  then(promise, undefined, () => {});
}
