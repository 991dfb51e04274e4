// The engine's error texts with the names that the author's text has for what went wrong, and with the name that was meant.
import { modern } from "internal:core/api";
import { ops } from "internal:core/ops";
import {
  ObjectCtor, RegExpCtor, StringCtor, fixed, getPrototypeOf, uncurryThis,
} from "internal:core/primordials";
import { append } from "internal:core/arrays";
import { messageOf } from "internal:core/v8_messages";

const { getOwnPropertyNames, prototype: objectPrototype } = ObjectCtor;
const test = uncurryThis(RegExpCtor.prototype.test);
const lastIndexOf = uncurryThis(StringCtor.prototype.lastIndexOf);
const replaceAll = uncurryThis(StringCtor.prototype.replaceAll);
const slice = uncurryThis(StringCtor.prototype.slice);
const endsWith = uncurryThis(StringCtor.prototype.endsWith);
const startsWith = uncurryThis(StringCtor.prototype.startsWith);
const indexOf = uncurryThis(StringCtor.prototype.indexOf);

// The engine's words for f(...list), by the type of what is called.
const calledWithList = fixed(/^(?:undefined|object(?: null)?|number .+|string "[^]*"|symbol|bigint|boolean (?:true|false)) is not a function$/);

const NOT_ITERABLE = " is not iterable (cannot read property Symbol(Symbol.iterator))";

// What a text means whose members have known names, such as `page` or `page.keyboard`; undefined for any other.
let known = () => undefined;
export function setKnown(lookup) { known = lookup; }

// `at(op, more)` asks an op about the author's text where it happened.
export function messageAt(message, at) {
  if (message === "not a function" || message === "not a constructor" || test(calledWithList, message)) {
    const called = at(ops.module_called);
    // A script may throw such an error itself: then the place is that of its class.
    if (called === null || endsWith(called, "Error")) return messageOf(message);
    if (!startsWith(called, "new ")) return `${called} is not a function${meant(called)}`;
    const made = slice(called, 4);
    return `${made} is not a constructor${meant(made)}`;
  }
  // `f(...list)` and `for (x of list)`; what a pattern or a built-in function takes apart has no name.
  if (modern && (endsWith(message, NOT_ITERABLE) || startsWith(message, "cannot read property 'Symbol(Symbol.iterator)'"))) {
    const list = at(ops.module_iterated);
    return list === null ? messageOf(message) : `${list} is not iterable`;
  }
  if (startsWith(message, "cannot read property '")) {
    const end = indexOf(message, "'", 22);
    const owner = end < 0 ? null : at(ops.module_owner, slice(message, 22, end));
    const hint = owner === null ? "" : meant(owner);
    return hint === "" ? messageOf(message) : `${messageOf(message)} (${owner})${hint}`;
  }
  return messageOf(message);
}

// The hint at a member's name that is nearly one that there is.
function meant(text) {
  const path = replaceAll(text, "?.", ".");
  const dot = lastIndexOf(path, ".");
  if (dot < 0) return "";
  const owner = slice(path, 0, dot);
  const name = slice(path, dot + 1);
  const object = known(owner);
  if (typeof object !== "object" || object === null || ops.is_proxy(object) || name in object) return "";
  const near = ops.near_name(name, namesOf(object));
  return near === null ? "" : `: did you mean ${owner}.${near}?`;
}

// The names that an object and its classes have, without those of every object.
function namesOf(object) {
  const names = [];
  for (let from = object; from !== null && from !== objectPrototype; from = getPrototypeOf(from)) {
    const own = getOwnPropertyNames(from);
    for (let i = 0; i < own.length && names.length < 1000; i++) {
      if (own[i] !== "constructor" && own[i][0] !== "_") append(names, own[i]);
    }
  }
  return names;
}
