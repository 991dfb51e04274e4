// Node's async_hooks. The engine carries one value from where a promise is waited for to where the job goes on: the list of all stores
// that are known there. Timers take it along once this module is read.
import { EventEmitter } from "internal:node/events";
import { followContexts } from "internal:node/timers";
import { ops } from "internal:core/ops";
import { SymbolCtor, apply } from "internal:core/primordials";

const { toStringTag } = SymbolCtor;
const current = ops.async_context;
const enter = ops.set_async_context;

// The list with a store of a storage's, and without the one that it had there.
function withStore(list, storage, store) { return { __proto__: null, storage, store, rest: without(list, storage) }; }
function without(list, storage) {
  if (find(list, storage) === undefined) return list;
  return list.storage === storage ? list.rest : { __proto__: null, storage: list.storage, store: list.store, rest: without(list.rest, storage) };
}
function find(list, storage) {
  for (let at = list; at !== undefined; at = at.rest) if (at.storage === storage) return at;
  return undefined;
}

function runIn(list, run, self, args) {
  const before = current();
  enter(list);
  try {
    return apply(run, self, args);
  } finally {
    enter(before);
  }
}

followContexts((callback) => {
  const list = current();
  return list === undefined ? callback : function (...args) { return runIn(list, callback, this, args); };
});

export class AsyncResource {
  #list = current();
  constructor(type) { this.type = type; }
  runInAsyncScope(run, self, ...args) { return runIn(this.#list, run, self, args); }
  bind(run, self) {
    const list = this.#list;
    return function (...args) { return runIn(list, run, self ?? this, args); };
  }
  static bind(run, type, self) { return new AsyncResource(type).bind(run, self); }
  emitDestroy() { return this; }
  asyncId() { return 1; }
  triggerAsyncId() { return 0; }
  get [toStringTag]() { return "AsyncResource"; }
}

export class AsyncLocalStorage {
  #isEnabled = true;
  constructor({ defaultValue, name = "" } = {}) {
    this.defaultValue = defaultValue;
    this.name = name;
  }
  getStore() {
    const known = this.#isEnabled ? find(current(), this) : undefined;
    return known === undefined ? this.defaultValue : known.store;
  }
  run(store, callback, ...args) {
    this.#isEnabled = true;
    return runIn(withStore(current(), this, store), callback, undefined, args);
  }
  exit(callback, ...args) { return runIn(withStore(current(), this, undefined), callback, undefined, args); }
  enterWith(store) {
    this.#isEnabled = true;
    enter(withStore(current(), this, store));
  }
  disable() { this.#isEnabled = false; }
  static bind(run) { return AsyncResource.bind(run); }
  static snapshot() { return AsyncResource.bind((run, ...args) => apply(run, undefined, args)); }
}

class EventEmitterAsyncResource extends EventEmitter {
  asyncResource = new AsyncResource("EventEmitterAsyncResource");
  emit(...args) { return this.asyncResource.runInAsyncScope(super.emit, this, ...args); }
  emitDestroy() { return this.asyncResource.emitDestroy(); }
}

export default {
  AsyncLocalStorage, AsyncResource, EventEmitterAsyncResource, executionAsyncId: () => 1, triggerAsyncId: () => 0,
  executionAsyncResource: () => ({}), asyncWrapProviders: {},
  createHook: () => ({ enable() { return this; }, disable() { return this; } }),
};
