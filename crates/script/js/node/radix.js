// A number's text to another base than ten: as many digits as tell it from its neighbours, as V8 writes them.
import {
  BigIntCtor, Float64ArrayCtor, NumberCtor, BigUint64ArrayCtor, StringCtor, defineProperty, floor, uncurryThis,
} from "internal:core/primordials";

const numberValue = uncurryThis(NumberCtor.prototype.valueOf);
const nativeText = uncurryThis(NumberCtor.prototype.toString);
const bigText = uncurryThis(BigIntCtor.prototype.toString);
const indexOf = uncurryThis(StringCtor.prototype.indexOf);
const slice = uncurryThis(StringCtor.prototype.slice);

const DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz";
const number = new Float64ArrayCtor(1);
const bits = new BigUint64ArrayCtor(number.buffer);

// Half of the distance to the next number.
function halfStep(value) {
  number[0] = value;
  bits[0] += 1n;
  const half = 0.5 * (number[0] - value);
  return half > 5e-324 ? half : 5e-324;
}

function fractionText(size, radix) {
  let whole = floor(size);
  let fraction = size - whole;
  let delta = halfStep(size);
  let text = "";
  if (fraction < delta) return `${bigText(BigIntCtor(whole), radix)}`;
  for (;;) {
    fraction *= radix;
    delta *= radix;
    const digit = floor(fraction);
    text += DIGITS[digit];
    fraction -= digit;
    if (fraction > 0.5 || (fraction === 0.5 && digit % 2 === 1)) {
      if (fraction + delta > 1) {
        text = carried(text, radix);
        if (text === "") whole += 1;
        break;
      }
    }
    if (fraction < delta) break;
  }
  return `${bigText(BigIntCtor(whole), radix)}${text === "" ? "" : `.${text}`}`;
}

// The digits plus one in the last place, without zeros at the end; empty when the one goes before the point.
function carried(digits, radix) {
  for (let at = digits.length - 1; at >= 0; at--) {
    const next = indexOf(DIGITS, digits[at]) + 1;
    if (next < radix) return slice(digits, 0, at) + DIGITS[next];
  }
  return "";
}

const { toString } = {
  toString(radix) {
    const value = numberValue(this);
    if (radix === undefined || radix === 10) return nativeText(value);
    if (value % 1 === 0 || value !== value || value === Infinity || value === -Infinity) return nativeText(value, radix);
    const base = +radix;
    if (!(base >= 2 && base < 37)) return nativeText(value, radix);
    if (floor(base) === 10) return nativeText(value);
    return value < 0 ? `-${fractionText(-value, floor(base))}` : fractionText(value, floor(base));
  },
};
defineProperty(NumberCtor.prototype, "toString", { value: toString, writable: true, configurable: true, enumerable: false });
