// Calls with more arguments than the engine takes, which V8 takes: of the functions that one calls so, and by `apply`.
// The engine's own limit stays for f(...list), which no function of ours sees.
import {
  ArrayCtor, FunctionCtor, MapCtor, MathMax, MathMin, StringCtor, apply, defineProperty, uncurryThis,
} from "internal:core/primordials";

// What the engine takes, less some.
const MOST = 65000;

const slice = uncurryThis(ArrayCtor.prototype.slice);
const mapGet = uncurryThis(MapCtor.prototype.get);
const { apply: nativeApply } = FunctionCtor.prototype;
const callApply = uncurryThis(nativeApply);
const { fromCharCode, fromCodePoint } = StringCtor;
const { push, unshift, concat } = ArrayCtor.prototype;

// How the answers for two parts of the arguments make one. Parts of `unshift` go last first.
const joined = (first, second) => first + second;
const latest = (first, second) => second;
const ways = new MapCtor([
  [fromCharCode, { join: joined }], [fromCodePoint, { join: joined }], [push, { join: latest }],
  [unshift, { join: latest, backwards: true }],
  [MathMax, { join: (first, second) => MathMax(first, second) }], [MathMin, { join: (first, second) => MathMin(first, second) }],
]);

function inParts(run, receiver, args, { join, backwards }) {
  const list = slice(args, 0);
  const { length } = list;
  let answer;
  for (let i = 0; i * MOST < length; i++) {
    const at = backwards ? length - (i + 1) * MOST : i * MOST;
    const part = callApply(run, receiver, slice(list, at < 0 ? 0 : at, at + MOST));
    answer = i === 0 ? part : join(answer, part);
  }
  return answer;
}

// [].concat of many lists answers a new one each time, so that it becomes the receiver of the next part.
function concatenated(receiver, args) {
  let list = receiver;
  for (let at = 0; at < args.length; at += MOST) list = callApply(concat, list, slice(args, at, at + MOST));
  return list;
}

function called(run, receiver, args) {
  if (typeof args === "object" && args !== null && args.length > MOST) {
    if (run === concat) return concatenated(receiver, args);
    const way = mapGet(ways, run);
    if (way !== undefined) return inParts(run, receiver, args, way);
  }
  return callApply(run, receiver, args);
}

const methods = { apply(receiver, args) { return called(this, receiver, args); } };
const statics = {
  apply(run, receiver, args) {
    return typeof args === "object" && args !== null && args.length > MOST && typeof run === "function"
      ? called(run, receiver, args) : apply(run, receiver, args);
  },
};
defineProperty(FunctionCtor.prototype, "apply", { value: methods.apply, writable: true, configurable: true, enumerable: false });
defineProperty(Reflect, "apply", { value: statics.apply, writable: true, configurable: true, enumerable: false });
