// Node's querystring.
import { ArrayCtor, NumberCtor, RegExpCtor, StringCtor, SymbolCtor, create, fixed, isArray, keys, uncurryThis } from "internal:core/primordials";
import { append } from "internal:core/arrays";
import { late } from "internal:core/late";

const { decodeURIComponent: decode, encodeURIComponent: encode } = globalThis;
const replace = uncurryThis(RegExpCtor.prototype[SymbolCtor.replace]);
const split = uncurryThis(StringCtor.prototype.split);
const join = uncurryThis(ArrayCtor.prototype.join);
const indexOf = uncurryThis(StringCtor.prototype.indexOf);
const slice = uncurryThis(StringCtor.prototype.slice);
const PLUS = fixed(/\+/g);
const BYTE = fixed(/%([0-9a-f]{2})/gi);
const { fromCharCode } = StringCtor;
const { isFinite } = NumberCtor;

const escape = (text) => encode(typeof text === "string" ? text : `${text}`);
function unescape(text) {
  try {
    return decode(text);
  } catch {
    // What is not UTF-8 stays out, as far as it is not.
    const bytes = replace(BYTE, text, (_, hex) => fromCharCode(parseInt(hex, 16)));
    return late("node/buffer").Buffer.from(bytes, "latin1").toString();
  }
}

function textOf(value) {
  if (typeof value === "number") return isFinite(value) ? `${value}` : "";
  return typeof value === "string" || typeof value === "bigint" || typeof value === "boolean" ? `${value}` : "";
}

function stringify(object, between, sign, options = {}) {
  const separator = between || "&";
  const equals = sign || "=";
  if (typeof object !== "object" || object === null) return "";
  const { encodeURIComponent = escape } = options ?? {};
  const pairs = [];
  const names = keys(object);
  for (let i = 0; i < names.length; i++) {
    const value = object[names[i]];
    const values = isArray(value) ? value : [value];
    for (let j = 0; j < values.length; j++) append(pairs, `${encodeURIComponent(names[i])}${equals}${encodeURIComponent(textOf(values[j]))}`);
  }
  return join(pairs, separator);
}

function parse(text, between, sign, options = {}) {
  const separator = between || "&";
  const equals = sign || "=";
  const found = create(null);
  if (typeof text !== "string" || text === "") return found;
  const { maxKeys = 1000, decodeURIComponent = unescape } = options ?? {};
  const pairs = split(text, separator);
  for (let i = 0; i < pairs.length && (maxKeys <= 0 || i < maxKeys); i++) {
    if (pairs[i] === "") continue;
    const pair = replace(PLUS, pairs[i], "%20");
    const at = indexOf(pair, equals);
    const name = decodeURIComponent(at < 0 ? pair : slice(pair, 0, at));
    const value = at < 0 ? "" : decodeURIComponent(slice(pair, at + equals.length));
    if (!(name in found)) found[name] = value;
    else if (isArray(found[name])) append(found[name], value);
    else found[name] = [found[name], value];
  }
  return found;
}

export default { stringify, parse, escape, unescape, encode: stringify, decode: parse };
