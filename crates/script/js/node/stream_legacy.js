// Node's Stream: what all streams are, and what old programs derive from.
import { EventEmitter } from "internal:node/events";
import { apply, create, defineProperty, getOwnPropertyDescriptor, ownKeys, setPrototypeOf } from "internal:core/primordials";

export function Stream(options) { apply(EventEmitter, this, [options]); }

// A class that may be called without `new`, as old classes do with their parent.
export function derive(Class, Parent, members) {
  setPrototypeOf(Class, Parent);
  Class.prototype = create(Parent.prototype);
  defineProperty(Class.prototype, "constructor", { value: Class, writable: true, configurable: true, enumerable: false });
  addMembers(Class, members);
}

export function addMembers(Class, members) {
  const names = ownKeys(members);
  for (let i = 0; i < names.length; i++) {
    const member = getOwnPropertyDescriptor(members, names[i]);
    member.enumerable = false;
    defineProperty(Class.prototype, names[i], member);
  }
}

// An emitter that is not one of ours: it has no buffer and ends with `end`.
function pipe(target, options) {
  const write = (chunk) => { if (target.writable && target.write(chunk) === false) this.pause?.(); };
  const more = () => { if (this.readable) this.resume?.(); };
  let isOver = false;
  const end = () => {
    if (!isOver) target.end();
    isOver = true;
  };
  const leave = () => {
    this.removeListener("data", write);
    target.removeListener("drain", more);
    this.removeListener("end", end);
    this.removeListener("close", leave);
    target.removeListener("close", leave);
  };
  this.on("data", write);
  target.on("drain", more);
  if (!target._isStdio && options?.end !== false) this.on("end", end);
  this.on("end", leave);
  this.on("close", leave);
  target.on("close", leave);
  target.emit("pipe", this);
  return target;
}

derive(Stream, EventEmitter, { pipe });
