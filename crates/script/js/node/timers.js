// setTimeout and its kin. Rust knows when, this module knows what.
import { rawStack } from "internal:core/errors";
import { ops } from "internal:core/ops";
import { late } from "internal:core/late";
import { MapCtor, NumberCtor, SymbolCtor, apply, uncurryThis } from "internal:core/primordials";

const mapGet = uncurryThis(MapCtor.prototype.get);
const mapSet = uncurryThis(MapCtor.prototype.set);
const mapDelete = uncurryThis(MapCtor.prototype.delete);
const { toPrimitive } = SymbolCtor;

const timers = new MapCtor();

// What makes a callback go on where its timer was set; undefined until a script reads async_hooks.
let inContext;
export function followContexts(bind) { inContext = bind; }

// A job that is ended while a timer of so many milliseconds runs is told from where it waits.
const LONG = 100;

// Node's Timeout: an object that also counts as its number.
class Timeout {
  #id; #delay; #callback; #args; #repeat; #waited = true;
  // Without a delay it is an immediate.
  constructor(delay, callback, args, repeat) {
    this.#delay = delay;
    this.#callback = inContext === undefined ? callback : inContext(callback);
    this.#args = args;
    this.#repeat = repeat;
    this.#start();
  }
  #start() {
    if (this.#delay === undefined) this.#id = ops.timer_immediate();
    else this.#id = ops.timer_start(this.#delay, this.#delay >= LONG ? rawStack() : undefined);
    mapSet(timers, this.#id, this);
    if (!this.#waited) ops.timer_optional(this.#id, true);
  }
  static fire(id) {
    const timer = mapGet(timers, id);
    if (timer === undefined) return;
    mapDelete(timers, id);
    if (timer.#repeat !== undefined) timer.#start();
    apply(timer.#callback, timer, timer.#args);
  }
  static stop(timer) {
    const known = typeof timer === "object" && timer !== null && #id in timer ? timer : mapGet(timers, NumberCtor(timer));
    if (known === undefined) return;
    known.#repeat = undefined;
    mapDelete(timers, known.#id);
    ops.timer_stop(known.#id);
  }
  ref() { return this.#wait(true); }
  unref() { return this.#wait(false); }
  hasRef() { return this.#waited; }
  close() {
    stop(this);
    return this;
  }
  // Whether a whole script waits for it.
  #wait(waited) {
    this.#waited = waited;
    ops.timer_optional(this.#id, !waited);
    return this;
  }
  refresh() {
    if (mapGet(timers, this.#id) !== this) return this;
    mapDelete(timers, this.#id);
    ops.timer_stop(this.#id);
    this.#start();
    return this;
  }
  [toPrimitive]() { return this.#id; }
}

const { fire, stop } = Timeout;
export { fire };

function checked(callback) {
  if (typeof callback === "function") return callback;
  throw late("node/node_error").invalidCallback(callback);
}

function milliseconds(delay) {
  const number = typeof delay === "bigint" ? NumberCtor(delay) : +delay;
  return number >= 1 ? number : 1;
}

export function setTimeout(callback, delay, ...args) {
  checked(callback);
  return new Timeout(milliseconds(delay), callback, args, undefined);
}

export function setInterval(callback, delay, ...args) {
  checked(callback);
  const every = milliseconds(delay);
  return new Timeout(every, callback, args, every);
}

export function setImmediate(callback, ...args) {
  checked(callback);
  return new Timeout(undefined, callback, args, undefined);
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

const { queueMicrotask: queue } = globalThis;
export function queueMicrotask(callback) {
  if (typeof callback !== "function") throw late("node/node_error").invalidArgument('"callback" argument', "of type function", callback);
  queue(callback);
}
