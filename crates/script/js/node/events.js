// Node's events: an EventEmitter that may also be called without `new`, as old classes do.
import { append, copy, remove } from "internal:core/arrays";
import { inspect } from "internal:core/inspect";
import { invalidArgument, withCode } from "internal:node/node_error";
import {
  ErrorCtor, MapCtor, PromiseCtor, SymbolCtor, WeakMapCtor, apply, defineProperty, uncurryThis,
} from "internal:core/primordials";

const mapGet = uncurryThis(MapCtor.prototype.get);
const mapSet = uncurryThis(MapCtor.prototype.set);
const mapDelete = uncurryThis(MapCtor.prototype.delete);
const mapForEach = uncurryThis(MapCtor.prototype.forEach);
const mapClear = uncurryThis(MapCtor.prototype.clear);
const weakGet = uncurryThis(WeakMapCtor.prototype.get);
const weakSet = uncurryThis(WeakMapCtor.prototype.set);

const all = new WeakMapCtor();
// The listeners of an emitter by event. An array is replaced, never changed: an emit may be walking through it.
function eventsOf(emitter) {
  let events = weakGet(all, emitter);
  if (events === undefined) weakSet(all, emitter, events = new MapCtor());
  return events;
}

export function EventEmitter() {}
export const errorMonitor = SymbolCtor("events.errorMonitor");

function add(emitter, name, run, first) {
  if (typeof run !== "function") throw invalidArgument('"listener" argument', "of type function", run);
  const events = eventsOf(emitter);
  const listener = typeof run.listener === "function" ? run.listener : run;
  if (mapGet(events, "newListener") !== undefined) emitter.emit("newListener", name, listener);
  const before = mapGet(events, name) ?? [];
  const after = [];
  const entry = { __proto__: null, listener, run };
  if (first) append(after, entry);
  for (let i = 0; i < before.length; i++) append(after, before[i]);
  if (!first) append(after, entry);
  mapSet(events, name, after);
  return emitter;
}

function onlyOnce(emitter, name, listener) {
  if (typeof listener !== "function") throw invalidArgument('"listener" argument', "of type function", listener);
  let fired = false;
  const run = function (...args) {
    if (fired) return undefined;
    fired = true;
    emitter.removeListener(name, run);
    return apply(listener, emitter, args);
  };
  run.listener = listener;
  return run;
}

const methods = {
  on(name, listener) { return add(this, name, listener, false); },
  addListener(name, listener) { return add(this, name, listener, false); },
  prependListener(name, listener) { return add(this, name, listener, true); },
  // A class that listens in a way of its own hears of these, too.
  once(name, listener) { return this.on(name, onlyOnce(this, name, listener)); },
  prependOnceListener(name, listener) { return this.prependListener(name, onlyOnce(this, name, listener)); },
  off(name, listener) { return this.removeListener(name, listener); },
  removeListener(name, listener) {
    const events = eventsOf(this);
    const before = mapGet(events, name) ?? [];
    let at = before.length - 1;
    while (at >= 0 && before[at].listener !== listener && before[at].run !== listener) at--;
    if (at < 0) return this;
    const after = [];
    for (let i = 0; i < before.length; i++) if (i !== at) append(after, before[i]);
    if (after.length === 0) mapDelete(events, name);
    else mapSet(events, name, after);
    if (mapGet(events, "removeListener") !== undefined) this.emit("removeListener", name, before[at].listener);
    return this;
  },
  removeAllListeners(name) {
    if (name === undefined) mapClear(eventsOf(this));
    else mapDelete(eventsOf(this), name);
    return this;
  },
  emit(name, ...args) {
    const events = eventsOf(this);
    if (name === "error") run(this, mapGet(events, errorMonitor), args);
    const entries = mapGet(events, name);
    if (entries === undefined) {
      if (name !== "error") return false;
      const reason = args[0];
      if (reason instanceof ErrorCtor) throw reason;
      const error = withCode("ERR_UNHANDLED_ERROR", `Unhandled error. (${inspect(reason)})`);
      error.context = reason;
      throw error;
    }
    run(this, entries, args);
    return true;
  },
  listenerCount(name) { return mapGet(eventsOf(this), name)?.length ?? 0; },
  listeners(name) { return list(this, name, "listener"); },
  rawListeners(name) { return list(this, name, "run"); },
  eventNames() {
    const names = [];
    mapForEach(eventsOf(this), (_, name) => { append(names, name); });
    return names;
  },
  setMaxListeners(count) {
    defineProperty(this, "_maxListeners", { value: count, writable: true, configurable: true, enumerable: false });
    return this;
  },
  getMaxListeners() { return this._maxListeners ?? EventEmitter.defaultMaxListeners; },
};

function run(emitter, entries, args) {
  for (let i = 0; entries !== undefined && i < entries.length; i++) apply(entries[i].run, emitter, copy(args));
}

function list(emitter, name, field) {
  const result = [];
  const entries = mapGet(eventsOf(emitter), name) ?? [];
  for (let i = 0; i < entries.length; i++) append(result, entries[i][field]);
  return result;
}

for (const name in methods) {
  defineProperty(EventEmitter.prototype, name, { value: methods[name], writable: true, configurable: true, enumerable: false });
}

// The arguments of the next event; an `error` rejects.
export function once(emitter, name, options = {}) {
  const { signal } = options;
  return new PromiseCtor((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const listen = (event, listener) => {
      if (typeof emitter.once === "function") emitter.once(event, listener);
      else emitter.addEventListener(event, listener, { once: true });
    };
    const stop = () => {
      if (typeof emitter.off !== "function") return;
      emitter.off(name, done);
      if (name !== "error") emitter.off("error", failed);
    };
    const done = (...args) => { stop(); resolve(args); };
    const failed = (error) => { stop(); reject(error); };
    listen(name, done);
    if (name !== "error" && typeof emitter.once === "function") listen("error", failed);
    signal?.addEventListener("abort", () => failed(signal.reason), { once: true });
  });
}

// The events from now on, one array of arguments each.
export function on(emitter, name, options = {}) {
  const { signal } = options;
  const waiting = [];
  const takers = [];
  let ended;
  const push = (result) => {
    if (takers.length === 0) return append(waiting, result);
    const taker = takers[0];
    remove(takers, 0, 1);
    result.error === undefined ? taker.resolve({ value: result.value, done: false }) : taker.reject(result.error);
  };
  const listener = (...value) => push({ value });
  const failed = (error) => push({ error });
  emitter.on(name, listener);
  if (name !== "error") emitter.on("error", failed);
  signal?.addEventListener("abort", () => failed(signal.reason), { once: true });
  return {
    next() {
      if (waiting.length > 0) {
        const first = waiting[0];
        remove(waiting, 0, 1);
        return first.error === undefined ? PromiseCtor.resolve({ value: first.value, done: false }) : PromiseCtor.reject(first.error);
      }
      if (ended) return PromiseCtor.resolve({ value: undefined, done: true });
      return new PromiseCtor((resolve, reject) => { append(takers, { resolve, reject }); });
    },
    return() {
      ended = true;
      emitter.off(name, listener);
      emitter.off("error", failed);
      for (let i = 0; i < takers.length; i++) takers[i].resolve({ value: undefined, done: true });
      return PromiseCtor.resolve({ value: undefined, done: true });
    },
    [SymbolCtor.asyncIterator]() { return this; },
  };
}

EventEmitter.EventEmitter = EventEmitter;
EventEmitter.once = once;
EventEmitter.on = on;
EventEmitter.defaultMaxListeners = 10;
EventEmitter.errorMonitor = errorMonitor;
EventEmitter.listenerCount = (emitter, name) => emitter.listenerCount(name);
EventEmitter.setMaxListeners = (count, ...emitters) => {
  if (emitters.length === 0) EventEmitter.defaultMaxListeners = count;
};
EventEmitter.getMaxListeners = (emitter) => emitter.getMaxListeners?.() ?? EventEmitter.defaultMaxListeners;
EventEmitter.addAbortListener = (signal, listener) => {
  if (signal.aborted) PromiseCtor.resolve().then(() => listener({ type: "abort", target: signal }));
  else signal.addEventListener("abort", listener, { once: true });
  return { [SymbolCtor.dispose]() { signal.removeEventListener("abort", listener); } };
};
EventEmitter.init = () => {};
EventEmitter.usingDomains = false;
EventEmitter.captureRejections = false;
EventEmitter.captureRejectionSymbol = SymbolCtor.for("nodejs.rejection");
EventEmitter.getEventListeners = (emitter, name) => emitter.listeners(name);

export default EventEmitter;
