// Promise.any whose error has V8's text.
import {
  AggregateErrorCtor, PromiseCtor, apply, construct, defineProperty, getOwnPropertyDescriptor, getPrototypeOf,
} from "internal:core/primordials";

const { any: nativeAny } = PromiseCtor;
const { prototype: aggregate } = AggregateErrorCtor;

function named(error) {
  const bare = typeof error === "object" && error !== null && getPrototypeOf(error) === aggregate
    && getOwnPropertyDescriptor(error, "message") === undefined;
  if (!bare) return;
  const value = "All promises were rejected";
  defineProperty(error, "message", { value, writable: true, configurable: true, enumerable: false });
}

// The engine makes its promise by this constructor, which passes on to the class that `any` was called on.
function capabilityOf(Class) {
  function Capability(executor) {
    return construct(Class, [(resolve, reject) => {
      executor(resolve, (error) => {
        named(error);
        return apply(reject, undefined, [error]);
      });
    }]);
  }
  defineProperty(Capability, "resolve", {
    get() {
      const { resolve } = Class;
      return typeof resolve === "function" ? (value) => apply(resolve, Class, [value]) : resolve;
    },
    configurable: true, enumerable: false,
  });
  return Capability;
}

const { any } = {
  any(iterable) {
    return apply(nativeAny, typeof this === "function" ? capabilityOf(this) : this, [iterable]);
  },
};
defineProperty(PromiseCtor, "any", { value: any, writable: true, configurable: true, enumerable: false });
