// Node's domain, as old programs use it: a function that runs, and an emitter that hears what it throws.
import { EventEmitter } from "internal:node/events";
import { apply } from "internal:core/primordials";

class Domain extends EventEmitter {
  members = [];
  run(callback, ...args) {
    try {
      return apply(callback, this, args);
    } catch (error) {
      this.emit("error", error);
      return undefined;
    }
  }
  bind(callback) { return (...args) => this.run(callback, ...args); }
  intercept(callback) { return (error, ...args) => (error ? this.emit("error", error) : this.run(callback, ...args)); }
  add() {}
  remove() {}
  enter() {}
  exit() {}
  dispose() {}
}

const create = () => new Domain();
export default { Domain, create, createDomain: create, active: null };
