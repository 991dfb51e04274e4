// util.format, as Node 12 prints.
import { ops } from "internal:core/ops";
import { inspect, late } from "internal:core/late";
import { formatNumber } from "internal:core/inspect/number_text";
import {
  NumberCtor, ObjectCtor, StringCtor, getPrototypeOf, jsonStringify, uncurryThis,
} from "internal:core/primordials";

const charCodeAt = uncurryThis(StringCtor.prototype.charCodeAt);
const slice = uncurryThis(StringCtor.prototype.slice);
const indexOf = uncurryThis(StringCtor.prototype.indexOf);
const hasOwn = uncurryThis(ObjectCtor.prototype.hasOwnProperty);
const { parseFloat, parseInt } = NumberCtor;

const plain = { depth: 2 };

// Whether String(value) says what its author meant it to say: its toString is not one of the built-ins'.
function hasOwnText(original) {
  let value = original;
  while (ops.is_proxy(value)) value = ops.proxy_target(value);
  if (value === null || typeof value.toString !== "function") return false;
  if (hasOwn(value, "toString")) return true;
  let holder = getPrototypeOf(value);
  while (!hasOwn(holder, "toString")) holder = getPrototypeOf(holder);
  const { isBuiltIn, ownConstructor } = late("core/inspect/titles");
  return !isBuiltIn(ownConstructor(holder));
}

function asString(value) {
  if (typeof value === "number") return formatNumber(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object" || value === null || hasOwnText(value)) return StringCtor(value);
  return inspect(value, { depth: 0 });
}

function asJson(value) {
  try {
    return jsonStringify(value);
  } catch (error) {
    if (indexOf(`${error?.message}`, "circular") >= 0) return "[Circular]";
    throw error;
  }
}

function asNumber(value, read) {
  if (typeof value === "bigint") return `${value}n`;
  return formatNumber(typeof value === "symbol" ? NaN : read(value));
}

function substitute(kind, value) {
  switch (kind) {
    case "s": return asString(value);
    case "j": return asJson(value);
    case "d": return asNumber(value, NumberCtor);
    case "i": return asNumber(value, parseInt);
    case "f": return formatNumber(typeof value === "symbol" ? NaN : parseFloat(value));
    case "o": return inspect(value, { showHidden: true, showProxy: true, depth: 4 });
    case "O": return inspect(value, plain);
    case "c": return "";
    default: return undefined;
  }
}

export function format(...args) {
  const count = args.length;
  if (count === 0) return "";
  const first = args[0];
  let next = 0;
  let text = "";
  if (typeof first === "string") {
    if (count === 1) return first;
    next = 1;
    let from = 0;
    for (let i = 0; i < first.length - 1; i++) {
      if (charCodeAt(first, i) !== 37) continue;
      const kind = first[i + 1];
      let piece;
      if (kind === "%") piece = "%";
      else if (next < count) piece = substitute(kind, args[next]);
      if (kind !== "%" && (next >= count || indexOf("sjdifoOc", kind) < 0)) continue;
      if (kind !== "%") next++;
      text += slice(first, from, i) + piece;
      from = i + 2;
      i++;
    }
    text += slice(first, from);
  }
  for (; next < count; next++) {
    const value = args[next];
    const space = next === 0 ? "" : " ";
    text += space + (typeof value === "string" ? value : inspect(value, plain));
  }
  return text;
}
