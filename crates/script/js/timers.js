// setTimeout and its kin. Rust knows when, this module knows what.
import { ops } from "internal:ops";
import { MapCtor, NumberCtor, SymbolCtor, TypeErrorCtor, apply, uncurryThis } from "internal:primordials";

const mapGet = uncurryThis(MapCtor.prototype.get);
const mapSet = uncurryThis(MapCtor.prototype.set);
const mapDelete = uncurryThis(MapCtor.prototype.delete);
const { toPrimitive } = SymbolCtor;

const timers = new MapCtor();

// Node's Timeout: an object that also counts as its number.
class Timeout {
  #id; #callback; #args; #repeat;
  constructor(id, callback, args, repeat) {
    this.#id = id;
    this.#callback = callback;
    this.#args = args;
    this.#repeat = repeat;
    mapSet(timers, id, this);
  }
  static fire(id) {
    const timer = mapGet(timers, id);
    if (timer === undefined) return;
    mapDelete(timers, id);
    if (timer.#repeat !== undefined) {
      timer.#id = ops.timer_start(timer.#repeat);
      mapSet(timers, timer.#id, timer);
    }
    apply(timer.#callback, timer, timer.#args);
  }
  static stop(timer) {
    const known = typeof timer === "object" && timer !== null && #id in timer ? timer : mapGet(timers, NumberCtor(timer));
    if (known === undefined) return;
    known.#repeat = undefined;
    mapDelete(timers, known.#id);
    ops.timer_stop(known.#id);
  }
  ref() { return this; }
  unref() { return this; }
  hasRef() { return true; }
  [toPrimitive]() { return this.#id; }
}

const { fire, stop } = Timeout;
export { fire };

function checked(callback) {
  if (typeof callback === "function") return callback;
  throw new TypeErrorCtor("Callback must be a function");
}

function milliseconds(delay) {
  const number = typeof delay === "bigint" ? NumberCtor(delay) : +delay;
  return number >= 1 ? number : 1;
}

export function setTimeout(callback, delay, ...args) {
  return new Timeout(ops.timer_start(milliseconds(delay)), checked(callback), args, undefined);
}

export function setInterval(callback, delay, ...args) {
  const every = milliseconds(delay);
  return new Timeout(ops.timer_start(every), checked(callback), args, every);
}

export function setImmediate(callback, ...args) {
  return new Timeout(ops.timer_immediate(), checked(callback), args, undefined);
}

export function clearTimeout(timer) {
  if (timer !== undefined && timer !== null) stop(timer);
}

export function clearInterval(timer) {
  clearTimeout(timer);
}

export function clearImmediate(timer) {
  clearTimeout(timer);
}
