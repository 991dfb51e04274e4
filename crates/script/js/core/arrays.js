// Arrays without Array.prototype: nothing here runs a script's setters, iterators or overridden methods.
import { defineProperty } from "internal:core/primordials";

export function append(array, ...items) {
  for (let i = 0; i < items.length; i++) {
    const property = { __proto__: null, value: items[i], writable: true, enumerable: true, configurable: true };
    defineProperty(array, array.length, property);
  }
}

// Puts items before all others.
export function prepend(array, ...items) {
  const count = array.length;
  for (let i = 0; i < items.length; i++) append(array, items[i]);
  for (let i = count - 1; i >= 0; i--) array[i + items.length] = array[i];
  for (let i = 0; i < items.length; i++) array[i] = items[i];
}

// Takes so many items out of it.
export function remove(array, from, count) {
  for (let i = from + count; i < array.length; i++) array[i - count] = array[i];
  array.length -= count;
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
