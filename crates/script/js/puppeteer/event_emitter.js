// Node's EventEmitter, as far as Puppeteer programs see it, and the way in for events that Rust delivers.
//
// A listener that throws ends a script's own `emit` call, as in Node. For an event of the browser nobody is there to
// catch it, so it is reported and the other listeners still run. Taps are the prelude's own listeners: no script sees
// or removes them, and they run after the script's.

import { modern } from "internal:core/api";
import { forget, retain } from "internal:core/handles";
import { append, copy } from "internal:core/arrays";
import {
  ErrorCtor, MapCtor, PromiseCtor, StringCtor, TypeErrorCtor, apply, defineProperty, uncurryThis, getOwnPropertyDescriptor,
} from "internal:core/primordials";

const mapGet = uncurryThis(MapCtor.prototype.get);
const mapSet = uncurryThis(MapCtor.prototype.set);
const mapHas = uncurryThis(MapCtor.prototype.has);
const mapDelete = uncurryThis(MapCtor.prototype.delete);
const mapForEach = uncurryThis(MapCtor.prototype.forEach);
const mapSize = uncurryThis(getOwnPropertyDescriptor(MapCtor.prototype, "size").get);
const reject = PromiseCtor.reject.bind(PromiseCtor);

let eventsOf, tapsOf, changedOf;

export class EventEmitter {
  // Event name → array of {listener, run}. An array is replaced, never changed: an emit may be walking through it.
  #events = new MapCtor();
  #taps = new MapCtor();
  #changed;
  #maxListeners = 10;

  static {
    eventsOf = emitter => emitter.#events;
    tapsOf = emitter => emitter.#taps;
    changedOf = emitter => emitter.#changed;
  }

  // `changed(name, hears)` is called for the first and the last listener of each name: what nobody hears need not cross.
  constructor(changed) {
    this.#changed = typeof changed === "function" ? changed : undefined;
  }

  on(name, listener) { return add(this, name, listener, listener, false); }
  addListener(name, listener) { return add(this, name, listener, listener, false); }
  prependListener(name, listener) { return add(this, name, listener, listener, true); }
  once(name, listener) { return add(this, name, listener, onlyOnce(this, name, listener), false); }
  prependOnceListener(name, listener) { return add(this, name, listener, onlyOnce(this, name, listener), true); }
  // Without a listener all of that name go, as in newer Puppeteers.
  off(name, listener) { return listener === undefined ? this.removeAllListeners(name) : remove(this, name, listener); }
  removeListener(name, listener) { return remove(this, name, listener); }

  removeAllListeners(name) {
    if (name !== undefined) {
      replace(this, name, []);
    } else {
      mapForEach(this.#events, (_, each) => { replace(this, each, []); });
    }
    return this;
  }

  emit(name, ...args) {
    const entries = mapGet(this.#events, name);
    if (!entries) {
      if (name === "error" && !modern) throw unhandledError(args);
    } else {
      for (let i = 0; i < entries.length; i++) apply(entries[i].run, this, args);
    }
    const all = modern ? mapGet(this.#events, "*") : undefined;
    for (let i = 0; all && i < all.length; i++) apply(all[i].run, this, [name, args[0]]);
    return entries !== undefined;
  }

  listenerCount(name) { return mapGet(this.#events, name)?.length ?? 0; }
  listeners(name) { return list(this, name, "listener"); }
  rawListeners(name) { return list(this, name, "run"); }

  eventNames() {
    const names = [];
    mapForEach(this.#events, (_, name) => { append(names, name); });
    return names;
  }

  setMaxListeners(count) {
    this.#maxListeners = count;
    return this;
  }

  getMaxListeners() { return this.#maxListeners; }

  [Symbol.dispose]() { this.removeAllListeners(); }
  async [Symbol.asyncDispose]() { this.removeAllListeners(); }
}

// Runs the listeners of an event that Rust delivers.
export function deliver(emitter, name, args) {
  const entries = mapGet(eventsOf(emitter), name);
  if (!entries && name === "error" && !modern) report(unhandledError(args));
  for (let i = 0; entries && i < entries.length; i++) guarded(entries[i].run, emitter, args);
  const all = modern ? mapGet(eventsOf(emitter), "*") : undefined;
  for (let i = 0; all && i < all.length; i++) guarded(all[i].run, emitter, [name, args[0]]);
  const taps = mapGet(tapsOf(emitter), name);
  for (let i = 0; taps && i < taps.length; i++) guarded(taps[i], emitter, args);
}

// Listens for the prelude itself; answers the function that ends it.
export function tap(emitter, name, run) {
  const taps = tapsOf(emitter);
  const before = mapGet(taps, name) ?? [];
  const after = copy(before);
  append(after, run);
  set(emitter, taps, name, after);
  return () => { set(emitter, taps, name, without(mapGet(taps, name) ?? [], each => each === run)); };
}

// A rejection that nobody handles: the job's log gets it, the job goes on.
function report(error) { reject(error); }

function guarded(run, emitter, args) {
  try {
    apply(run, emitter, args);
  } catch (error) {
    report(error);
  }
}

function add(emitter, name, listener, run, first) {
  checkListener(listener);
  const events = eventsOf(emitter);
  if (mapHas(events, "newListener")) emitter.emit("newListener", name, listener);
  const entry = { __proto__: null, listener, run };
  const before = mapGet(events, name) ?? [];
  const after = first ? [entry] : copy(before);
  if (first) for (let i = 0; i < before.length; i++) append(after, before[i]);
  else append(after, entry);
  replace(emitter, name, after);
  return emitter;
}

function remove(emitter, name, listener) {
  checkListener(listener);
  const events = eventsOf(emitter);
  const entries = mapGet(events, name) ?? [];
  for (let i = entries.length - 1; i >= 0; i--) {
    const entry = entries[i];
    if (entry.listener !== listener && entry.run !== listener) continue;
    replace(emitter, name, without(entries, each => each === entry));
    if (mapHas(events, "removeListener")) emitter.emit("removeListener", name, entry.listener);
    break;
  }
  return emitter;
}

function onlyOnce(emitter, name, listener) {
  checkListener(listener);
  let fired = false;
  function run(...args) {
    if (fired) return undefined;
    fired = true;
    remove(emitter, name, run);
    return apply(listener, emitter, args);
  }
  defineProperty(run, "listener", { value: listener, writable: true, configurable: true, enumerable: true });
  return run;
}

function list(emitter, name, field) {
  const result = [];
  const entries = mapGet(eventsOf(emitter), name) ?? [];
  for (let i = 0; i < entries.length; i++) append(result, entries[i][field]);
  return result;
}

function without(entries, isIt) {
  const rest = [];
  let found = false;
  for (let i = 0; i < entries.length; i++) {
    if (!found && isIt(entries[i])) found = true;
    else append(rest, entries[i]);
  }
  return rest;
}

function replace(emitter, name, entries) {
  const events = eventsOf(emitter);
  heard += entries.length - (mapGet(events, name)?.length ?? 0);
  set(emitter, events, name, entries);
}

// How many listeners there are, taps left out.
let heard = 0;
export function listenerTotal() { return heard; }

function set(emitter, map, name, entries) {
  const before = hears(emitter, name);
  if (entries.length) mapSet(map, name, entries);
  else mapDelete(map, name);
  const after = hears(emitter, name);
  if (before !== after) changedOf(emitter)?.(name, after);
  if (mapSize(eventsOf(emitter)) || mapSize(tapsOf(emitter))) retain(emitter);
  else forget(emitter);
}

function hears(emitter, name) {
  return mapHas(eventsOf(emitter), name) || mapHas(tapsOf(emitter), name);
}

function checkListener(listener) {
  if (typeof listener === "function") return;
  throw new TypeErrorCtor(`The "listener" argument must be of type function. Received ${describe(listener)}`);
}

function describe(value) {
  if (value === null || value === undefined) return StringCtor(value);
  return typeof value === "object" ? "an instance of Object" : `type ${typeof value}`;
}

// What an "error" event without a listener throws.
function unhandledError(args) {
  const reason = args[0];
  return reason instanceof ErrorCtor ? reason : new ErrorCtor(`Unhandled error. (${StringCtor(reason)})`);
}
