// The helper functions of JOB.md.
import { PromiseCtor } from "internal:primordials";
import { setTimeout } from "internal:timers";

export function sleep(ms) {
  return new PromiseCtor((resolve) => { setTimeout(() => resolve(), ms); });
}
