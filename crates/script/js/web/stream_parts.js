// What readable and writable streams are made of.
import { quietly } from "internal:puppeteer/disposal";
import { PromiseCtor, RangeErrorCtor, TypeErrorCtor, apply, numberIsNaN, then } from "internal:core/primordials";

// A promise with what settles it. Nobody has to listen to it.
export function deferred() {
  const made = { __proto__: null };
  made.promise = new PromiseCtor((resolve, reject) => {
    made.resolve = resolve;
    made.reject = reject;
  });
  quietly(made.promise);
  return made;
}

// How many chunks, or what size of them, a stream keeps.
export function strategyOf(strategy, fallback) {
  const { size, highWaterMark = fallback } = strategy ?? {};
  if (size !== undefined && typeof size !== "function") throw new TypeErrorCtor("The strategy's size must be a function");
  const mark = +highWaterMark;
  if (numberIsNaN(mark) || mark < 0) throw new RangeErrorCtor("The strategy's highWaterMark must be a number that is not negative");
  return { mark, sizeOf: size === undefined ? () => 1 : (chunk) => +size(chunk) };
}

// A callback of a source, sink or transformer: undefined, or a function that is called on its object.
export function callbackOf(object, name) {
  const callback = object[name];
  if (callback === undefined) return undefined;
  if (typeof callback !== "function") throw new TypeErrorCtor(`${name} is not a function`);
  return (...args) => apply(callback, object, args);
}

// Calls it now; what it answers, or throws, is told later.
export function run(call, ended, failed) {
  let answer;
  try {
    answer = call();
  } catch (error) {
    answer = new PromiseCtor((_, reject) => reject(error));
  }
  return then(new PromiseCtor((resolve) => resolve(answer)), ended, failed);
}
