// Event, CustomEvent and EventTarget, as in the web.
import { append, copy } from "internal:core/arrays";
import { lost } from "internal:core/end";
import { late } from "internal:core/late";
import { MapCtor, SymbolCtor, apply, defineProperty, now, uncurryThis } from "internal:core/primordials";

const mapGet = uncurryThis(MapCtor.prototype.get);
const mapSet = uncurryThis(MapCtor.prototype.set);

let prepare, stopped;

export class Event {
  #type; #bubbles; #cancelable; #composed; #target = null; #prevented = false; #stopped = false; #time = now();
  static {
    prepare = (event, target) => { event.#target = target; event.#stopped = false; };
    stopped = (event) => event.#stopped;
  }
  constructor(type, options = {}) {
    if (arguments.length === 0) throw late("node/node_error").typeError("ERR_MISSING_ARGS", 'The "type" argument must be specified');
    this.#type = `${type}`;
    this.#bubbles = !!options?.bubbles;
    this.#cancelable = !!options?.cancelable;
    this.#composed = !!options?.composed;
  }
  get type() { return this.#type; }
  get target() { return this.#target; }
  get currentTarget() { return this.#target; }
  get srcElement() { return this.#target; }
  get bubbles() { return this.#bubbles; }
  get cancelable() { return this.#cancelable; }
  get composed() { return this.#composed; }
  get defaultPrevented() { return this.#cancelable && this.#prevented; }
  get returnValue() { return !this.defaultPrevented; }
  get eventPhase() { return this.#target === null ? 0 : 2; }
  get timeStamp() { return this.#time; }
  get isTrusted() { return false; }
  composedPath() { return this.#target === null ? [] : [this.#target]; }
  preventDefault() { this.#prevented = true; }
  stopPropagation() {}
  stopImmediatePropagation() { this.#stopped = true; }
  get [SymbolCtor.toStringTag]() { return "Event"; }
}

export class CustomEvent extends Event {
  #detail;
  constructor(type, options = {}) {
    super(type, options);
    this.#detail = options?.detail ?? null;
  }
  get detail() { return this.#detail; }
  get [SymbolCtor.toStringTag]() { return "CustomEvent"; }
}

export class EventTarget {
  // Event name → listeners. An array is replaced, never changed: a dispatch may be walking through it.
  #listeners = new MapCtor();

  addEventListener(type, callback, options) {
    if (callback === null || callback === undefined) return;
    if (typeof callback !== "function" && typeof callback !== "object") {
      throw late("node/node_error").invalidArgument('"listener" argument', "an instance of EventListener", callback);
    }
    const { once = false, signal, capture = false } = typeof options === "object" && options !== null ? options : { capture: !!options };
    if (signal?.aborted) return;
    const before = mapGet(this.#listeners, `${type}`) ?? [];
    for (let i = 0; i < before.length; i++) if (before[i].callback === callback && before[i].capture === !!capture) return;
    const after = copy(before);
    append(after, { callback, once: !!once, capture: !!capture });
    mapSet(this.#listeners, `${type}`, after);
    signal?.addEventListener("abort", () => this.removeEventListener(type, callback, options), { once: true });
  }

  removeEventListener(type, callback, options) {
    const capture = typeof options === "object" && options !== null ? !!options.capture : !!options;
    const before = mapGet(this.#listeners, `${type}`) ?? [];
    const after = [];
    for (let i = 0; i < before.length; i++) {
      if (before[i].callback !== callback || before[i].capture !== capture) append(after, before[i]);
    }
    mapSet(this.#listeners, `${type}`, after);
  }

  dispatchEvent(event) {
    if (!(event instanceof Event)) throw late("node/node_error").invalidArgument('"event" argument', "an instance of Event", event);
    prepare(event, this);
    const listeners = mapGet(this.#listeners, event.type) ?? [];
    for (let i = 0; i < listeners.length && !stopped(event); i++) {
      const { callback, once, capture } = listeners[i];
      if (once) this.removeEventListener(event.type, callback, capture);
      try {
        if (typeof callback === "function") apply(callback, this, [event]);
        else callback.handleEvent(event);
      } catch (error) {
        lost(error);
      }
    }
    return !event.defaultPrevented;
  }

  get [SymbolCtor.toStringTag]() { return "EventTarget"; }
}

// The property `onNAME` of a class: one listener that can be replaced.
export function defineHandler(prototype, name) {
  const handlers = new WeakMap();
  const get = uncurryThis(WeakMap.prototype.get);
  const set = uncurryThis(WeakMap.prototype.set);
  const accessor = {
    get handler() { return get(handlers, this)?.current ?? null; },
    set handler(value) {
      let entry = get(handlers, this);
      if (entry === undefined) {
        set(handlers, this, entry = { current: null });
        this.addEventListener(name, (event) => { if (entry.current !== null) apply(entry.current, this, [event]); });
      }
      entry.current = typeof value === "function" ? value : null;
    },
  };
  const { get: read, set: write } = Object.getOwnPropertyDescriptor(accessor, "handler");
  defineProperty(prototype, `on${name}`, { get: read, set: write, configurable: true, enumerable: true });
}
