// Node's punycode: names of hosts in ASCII (RFC 3492), as URLs have them.
import { rangeError } from "internal:node/node_error";
import { append } from "internal:core/arrays";
import { RegExpCtor, StringCtor, fixed, floor, uncurryThis } from "internal:core/primordials";

const test = uncurryThis(RegExpCtor.prototype.test);
const split = uncurryThis(StringCtor.prototype.split);
const [BASE, SHORTEST, LONGEST, SKEW, DAMP, FIRST] = [36, 1, 26, 38, 700, 128];
const NOT_ASCII = fixed(/[^\0-\x7f]/);
const DOTS = /[\u3002\uff0e\uff61]/g;

const ucs2 = {
  decode: (text) => Array.from(text, (character) => character.codePointAt(0)),
  encode: (points) => String.fromCodePoint(...points),
};

function adapt(delta, length, isFirst) {
  let [left, bias] = [isFirst ? floor(delta / DAMP) : delta >> 1, 0];
  left += floor(left / length);
  for (; left > ((BASE - SHORTEST) * LONGEST) >> 1; bias += BASE) left = floor(left / (BASE - SHORTEST));
  return floor(bias + ((BASE - SHORTEST + 1) * left) / (left + SKEW));
}
const threshold = (at, bias) => (at <= bias ? SHORTEST : at >= bias + LONGEST ? LONGEST : at - bias);
const digit = (value) => String.fromCharCode(value + 22 + (value < 26 ? 75 : 0));

function encode(text) {
  const points = ucs2.decode(text);
  const basic = points.filter((point) => point < FIRST);
  let output = ucs2.encode(basic);
  let done = basic.length;
  if (done > 0) output += "-";
  let [next, delta, bias] = [FIRST, 0, 72];
  while (done < points.length) {
    const least = points.reduce((found, point) => (point >= next && point < found ? point : found), 0x7fffffff);
    delta += (least - next) * (done + 1);
    next = least;
    for (const point of points) {
      if (point < next) delta++;
      if (point !== next) continue;
      let left = delta;
      for (let at = BASE; ; at += BASE) {
        const limit = threshold(at, bias);
        if (left < limit) break;
        output += digit(limit + ((left - limit) % (BASE - limit)));
        left = floor((left - limit) / (BASE - limit));
      }
      output += digit(left);
      bias = adapt(delta, done + 1, done === basic.length);
      delta = 0;
      done++;
    }
    delta++;
    next++;
  }
  return output;
}

function decode(text) {
  const at = text.lastIndexOf("-");
  const output = at > 0 ? ucs2.decode(text.slice(0, at)) : [];
  let [next, index, bias] = [FIRST, 0, 72];
  for (let from = at > 0 ? at + 1 : 0; from < text.length;) {
    const before = index;
    for (let [weight, step] = [1, BASE]; ; step += BASE) {
      const value = from < text.length ? parseInt(text[from++], 36) : NaN;
      if (Number.isNaN(value)) throw rangeError("ERR_PUNYCODE", "Invalid input");
      // 'a' is 0 there, and 10 as a digit of base 36; '0' is 26.
      const amount = value < 10 ? value + 26 : value - 10;
      index += amount * weight;
      const limit = threshold(step, bias);
      if (amount < limit) break;
      weight *= BASE - limit;
    }
    bias = adapt(index - before, output.length + 1, before === 0);
    next += floor(index / (output.length + 1));
    index %= output.length + 1;
    output.splice(index++, 0, next);
  }
  return ucs2.encode(output);
}

function labels(text, change) {
  const [name, host] = text.includes("@") ? [`${text.slice(0, text.lastIndexOf("@") + 1)}`, text.slice(text.lastIndexOf("@") + 1)] : ["", text];
  const found = [];
  for (const label of split(host.replace(DOTS, "."), ".")) append(found, change(label));
  return name + found.join(".");
}
const toASCII = (text) => labels(text, (label) => (test(NOT_ASCII, label) ? `xn--${encode(label)}` : label));
const toUnicode = (text) => labels(text, (label) => (label.startsWith("xn--") ? decode(label.slice(4).toLowerCase()) : label));

export default { version: "2.1.0", ucs2, decode, encode, toASCII, toUnicode };
