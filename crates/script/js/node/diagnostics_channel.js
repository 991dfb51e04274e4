// Node's diagnostics_channel: messages between the parts of a program.
import { append, copy, remove } from "internal:core/arrays";
import { MapCtor, apply, uncurryThis } from "internal:core/primordials";
import { logger } from "internal:node/console";

const mapGet = uncurryThis(MapCtor.prototype.get);
const mapSet = uncurryThis(MapCtor.prototype.set);
const channels = new MapCtor();

export class Channel {
  #subscribers = [];
  constructor(name) { this.name = name; }
  get hasSubscribers() { return this.#subscribers.length > 0; }
  subscribe(listener) { append(this.#subscribers, listener); }
  unsubscribe(listener) {
    for (let i = 0; i < this.#subscribers.length; i++) {
      if (this.#subscribers[i] !== listener) continue;
      remove(this.#subscribers, i, 1);
      return true;
    }
    return false;
  }
  publish(message) {
    const subscribers = copy(this.#subscribers);
    for (let i = 0; i < subscribers.length; i++) {
      try {
        subscribers[i](message, this.name);
      } catch (error) {
        logger.warn("diagnostics_channel: a subscriber of %s threw: %s", this.name, error);
      }
    }
  }
  bindStore() {}
  unbindStore() { return false; }
  runStores(message, run, self, ...args) {
    this.publish(message);
    return apply(run, self, args);
  }
}

function channel(name) {
  let found = mapGet(channels, name);
  if (found === undefined) mapSet(channels, name, found = new Channel(name));
  return found;
}

const EVENTS = ["start", "end", "asyncStart", "asyncEnd", "error"];
function tracingChannel(name) {
  const traced = {};
  for (let i = 0; i < EVENTS.length; i++) traced[EVENTS[i]] = typeof name === "string" ? channel(`tracing:${name}:${EVENTS[i]}`) : name[EVENTS[i]];
  const call = (run, context, self, args) => {
    traced.start.publish(context);
    try {
      return apply(run, self, args);
    } catch (error) {
      context.error = error;
      traced.error.publish(context);
      throw error;
    } finally {
      traced.end.publish(context);
    }
  };
  return Object.defineProperties(traced, Object.getOwnPropertyDescriptors({
    get hasSubscribers() { return EVENTS.some((event) => traced[event].hasSubscribers); },
    subscribe(listeners) { for (const event in listeners) traced[event].subscribe(listeners[event]); },
    unsubscribe(listeners) { for (const event in listeners) traced[event].unsubscribe(listeners[event]); },
    traceSync(run, context = {}, self = undefined, ...args) { return call(run, context, self, args); },
    tracePromise(run, context = {}, self = undefined, ...args) {
      const settle = (event) => (value) => {
        context[event] = value;
        if (event === "error") traced.error.publish(context);
        traced.asyncStart.publish(context);
        traced.asyncEnd.publish(context);
        if (event === "error") throw value;
        return value;
      };
      return Promise.resolve(call(run, context, self, args)).then(settle("result"), settle("error"));
    },
    traceCallback(run, position = -1, context = {}, self = undefined, ...args) {
      const at = position < 0 ? args.length + position : position;
      const callback = args[at];
      args[at] = function (error, result) {
        if (error) {
          context.error = error;
          traced.error.publish(context);
        } else context.result = result;
        traced.asyncStart.publish(context);
        try {
          return apply(callback, this, arguments);
        } finally {
          traced.asyncEnd.publish(context);
        }
      };
      return call(run, context, self, args);
    },
  }));
}

export default {
  channel, tracingChannel, Channel, hasSubscribers: (name) => mapGet(channels, name)?.hasSubscribers ?? false,
  subscribe: (name, listener) => channel(name).subscribe(listener), unsubscribe: (name, listener) => channel(name).unsubscribe(listener),
};
