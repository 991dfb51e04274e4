// What `using` ends: nobody awaits it, and nobody hears that it failed.
import { then } from "internal:core/primordials";

export function quietly(promise) {
  then(promise, undefined, () => {});
}
