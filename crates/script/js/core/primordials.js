// The built-ins as they were before any user code ran. A script may replace them all; the prelude uses these.
const { apply, construct, defineProperty: define, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect;
const { bind, call } = Function.prototype;

// uncurryThis(method)(receiver, ...args) calls without looking anything up on the receiver.
export const uncurryThis = apply(bind, bind, [call]);
const getter = (prototype, key) => uncurryThis(getOwnPropertyDescriptor(prototype, key).get);

// The globals of the engine alone.
export const globalNames = ownKeys(globalThis);

export { apply, construct, getOwnPropertyDescriptor, getPrototypeOf, ownKeys };

const { setPrototypeOf: setPrototype } = Object;
// What a script puts on Object.prototype is not a part of a descriptor.
export const defineProperty = (object, key, descriptor) => define(object, key, setPrototype(descriptor, null));

const { exec } = RegExp.prototype;
// A regular expression that a replaced RegExp.prototype.exec does not reach.
export const fixed = (regExp) => defineProperty(regExp, "exec", { value: exec }) && regExp;

export const { isArray } = Array;
export const { assign, create, freeze, keys, setPrototypeOf, is } = Object;
export const { parse: jsonParse, stringify: jsonStringify } = JSON;
export const { isInteger, isNaN: numberIsNaN } = Number;
export const { min, max, floor, sqrt, round, abs, ceil, trunc } = Math;
export const { now } = Date;
export const {
  Array: ArrayCtor, Function: FunctionCtor,
  Error: ErrorCtor, Map: MapCtor, Object: ObjectCtor, Promise: PromiseCtor,
  RangeError: RangeErrorCtor, String: StringCtor, Symbol: SymbolCtor, SyntaxError: SyntaxErrorCtor, TypeError: TypeErrorCtor,
  Number: NumberCtor, BigInt: BigIntCtor, Uint8Array: Uint8ArrayCtor, ArrayBuffer: ArrayBufferCtor,
  Date: DateCtor, WeakMap: WeakMapCtor, WeakRef: WeakRefCtor, Set: SetCtor, RegExp: RegExpCtor, FinalizationRegistry: FinalizationRegistryCtor,
  AggregateError: AggregateErrorCtor, Float64Array: Float64ArrayCtor, BigUint64Array: BigUint64ArrayCtor,
} = globalThis;
export const then = uncurryThis(PromiseCtor.prototype.then);
