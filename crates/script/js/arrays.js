// Arrays without Array.prototype: nothing here runs a script's setters, iterators or overridden methods.
import { defineProperty } from "internal:primordials";

export function append(array, item) {
  defineProperty(array, array.length, { __proto__: null, value: item, writable: true, enumerable: true, configurable: true });
}

export function copy(array) {
  const result = [];
  for (let i = 0; i < array.length; i++) append(result, array[i]);
  return result;
}

export function map(array, change) {
  const result = [];
  for (let i = 0; i < array.length; i++) append(result, change(array[i], i));
  return result;
}
