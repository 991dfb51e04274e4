// Errors as Node's own modules throw them: with a code, and with words for what they got.
import { modern } from "internal:core/api";
import { inspect } from "internal:core/inspect";
import {
  ErrorCtor, RangeErrorCtor, StringCtor, TypeErrorCtor, defineProperty, uncurryThis,
} from "internal:core/primordials";

const slice = uncurryThis(StringCtor.prototype.slice);

function coded(Class, code, message) {
  const error = new Class(message);
  const { name, stack } = error;
  const lines = typeof stack === "string" ? `${name} [${code}]${slice(stack, name.length)}` : stack;
  defineProperty(error, "stack", { value: lines, writable: true, configurable: true, enumerable: false });
  error.code = code;
  defineProperty(error, "toString", {
    value() { return `${this.name} [${code}]: ${this.message}`; }, writable: true, configurable: true, enumerable: false,
  });
  return error;
}

// An error with a code that its texts do not show.
export function withCode(code, message, Class = ErrorCtor) {
  const error = new Class(message);
  error.code = code;
  return error;
}

export const typeError = (code, message) => coded(TypeErrorCtor, code, message);
export const rangeError = (code, message) => coded(RangeErrorCtor, code, message);

function received(value) {
  if (value === null || value === undefined) return `${value}`;
  if (typeof value === "function" && (value.name || modern)) return `function ${value.name}`;
  if (typeof value === "object") {
    if (value.constructor && value.constructor.name) return `an instance of ${value.constructor.name}`;
    return inspect(value, { depth: -1 });
  }
  let text = inspect(value, { colors: false });
  if (text.length > 28) text = `${slice(text, 0, 25)}...`;
  return `type ${typeof value} (${text})`;
}

// `what` says which types the argument may be of.
export function invalidArgument(subject, what, value) {
  return typeError("ERR_INVALID_ARG_TYPE", `The ${subject} must be ${what}. Received ${received(value)}`);
}

export function outOfRange(name, range, value) {
  return rangeError("ERR_OUT_OF_RANGE", `The value of "${name}" is out of range. It must be ${range}. Received ${value}`);
}

export function invalidCallback(value) {
  if (modern) return invalidArgument('"callback" argument', "of type function", value);
  return typeError("ERR_INVALID_CALLBACK", `Callback must be a function. Received ${inspect(value)}`);
}
