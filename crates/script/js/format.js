// util.format, as Node 12 prints.
import { inspect, formatNumber, globalNames } from "internal:inspect";
import {
  NumberCtor, SetCtor, StringCtor, getOwnPropertyDescriptor, jsonStringify, uncurryThis,
} from "internal:primordials";

const charCodeAt = uncurryThis(StringCtor.prototype.charCodeAt);
const slice = uncurryThis(StringCtor.prototype.slice);
const indexOf = uncurryThis(StringCtor.prototype.indexOf);
const setHas = uncurryThis(SetCtor.prototype.has);
const { parseFloat, parseInt } = NumberCtor;

const plain = { depth: 2 };

// Whether String(value) says what its author meant it to say.
function hasOwnText(value) {
  if (typeof value !== "object" || value === null) return true;
  if (typeof value.toString !== "function") return false;
  if (getOwnPropertyDescriptor(value, "toString") !== undefined) return true;
  const { constructor } = value;
  return typeof constructor !== "function" || !setHas(globalNames, constructor.name);
}

function asString(value) {
  if (typeof value === "number") return formatNumber(value);
  if (typeof value === "bigint") return `${value}n`;
  return hasOwnText(value) ? StringCtor(value) : inspect(value, { depth: 0 });
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
