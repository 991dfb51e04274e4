// data: URLs (https://fetch.spec.whatwg.org/#data-urls).
import { Buffer } from "internal:node/buffer";
import { append } from "internal:core/arrays";
import { NumberCtor, RegExpCtor, StringCtor, SymbolCtor, fixed, uncurryThis } from "internal:core/primordials";

const indexOf = uncurryThis(StringCtor.prototype.indexOf);
const slice = uncurryThis(StringCtor.prototype.slice);
const trim = uncurryThis(StringCtor.prototype.trim);
const startsWith = uncurryThis(StringCtor.prototype.startsWith);
const replace = uncurryThis(RegExpCtor.prototype[SymbolCtor.replace]);
const test = uncurryThis(RegExpCtor.prototype.test);
const BASE64 = fixed(/; *base64$/i);
const SPACE = fixed(/[\t\n\f\r ]/g);
const ALPHABET = fixed(/^[A-Za-z0-9+/]*={0,2}$/);
const HEX = fixed(/^[0-9A-Fa-f]{2}$/);
const PADDING = fixed(/=+$/);
const TYPE = fixed(/^[^\s/;,]+\/[^\s/;,]+/);

// Its type and bytes; undefined when it is malformed.
export function readDataUrl(href) {
  const hash = indexOf(href, "#");
  const rest = slice(hash < 0 ? href : slice(href, 0, hash), 5);
  const comma = indexOf(rest, ",");
  if (comma < 0) return undefined;
  let type = trim(slice(rest, 0, comma));
  let bytes = percentDecoded(slice(rest, comma + 1));
  if (test(BASE64, type)) {
    const text = replace(SPACE, bytes.toString("latin1"), "");
    if (!test(ALPHABET, text) || replace(PADDING, text, "").length % 4 === 1) return undefined;
    bytes = Buffer.from(text, "base64");
    type = replace(BASE64, type, "");
  }
  if (startsWith(type, ";")) type = `text/plain${type}`;
  if (!test(TYPE, type)) type = "text/plain;charset=US-ASCII";
  return { type, bytes };
}

function percentDecoded(text) {
  const parts = [];
  let from = 0;
  for (let at = indexOf(text, "%"); at >= 0; at = indexOf(text, "%", at + 1)) {
    const digits = slice(text, at + 1, at + 3);
    if (!test(HEX, digits)) continue;
    append(parts, Buffer.from(slice(text, from, at)), Buffer.from([NumberCtor(`0x${digits}`)]));
    from = at + 3;
  }
  append(parts, Buffer.from(slice(text, from)));
  return Buffer.concat(parts);
}
