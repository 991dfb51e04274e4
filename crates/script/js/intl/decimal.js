// Numbers as digits: exact, and rounded in all the ways of ECMA-402.

// `{ negative, digits, exponent }`: 0.digits × 10^exponent; no digits are zero.
export function decimal(value) {
  if (typeof value === "bigint") return parsed(`${value}`);
  if (typeof value === "string") return parsed(value);
  const made = parsed(`${Math.abs(value)}`);
  made.negative = value < 0 || Object.is(value, -0);
  return made;
}

function parsed(text) {
  const match = text.match(/^([-+]?)(\d*)\.?(\d*)(?:e([-+]?\d+))?$/i);
  const [, sign, whole, fraction = "", exponent = "0"] = match;
  const all = whole + fraction;
  const zeros = all.match(/^0*/)[0].length;
  const digits = all.slice(zeros).replace(/0+$/, "");
  return { negative: sign === "-", digits, exponent: digits === "" ? 0 : whole.length - zeros + Number(exponent) };
}

const up = {
  ceil: (n) => !n.negative, floor: (n) => n.negative, expand: () => true, trunc: () => false,
  halfCeil: (n, half) => half > 0 || (half === 0 && !n.negative), halfFloor: (n, half) => half > 0 || (half === 0 && n.negative),
  halfExpand: (n, half) => half >= 0, halfTrunc: (n, half) => half > 0, halfEven: (n, half, odd) => half > 0 || (half === 0 && odd),
};

// The number in whole steps of `increment` × 10^magnitude.
export function rounded(number, magnitude, mode, increment = 1) {
  const { digits, exponent, negative } = number;
  if (digits === "") return number;
  const last = exponent - digits.length;
  if (last >= magnitude && increment === 1) return number;
  // Far below the last place there is one digit's worth to decide from.
  if (exponent < magnitude - 2 && increment === 1) return up[mode](number, -1, false) ? step(negative, magnitude) : zero(negative);
  const scale = magnitude - last;
  const all = BigInt(digits) * (scale < 0 ? 10n ** BigInt(-scale) : 1n);
  const unit = BigInt(increment) * (scale > 0 ? 10n ** BigInt(scale) : 1n);
  let count = all / unit;
  const rest = all % unit;
  if (rest !== 0n) {
    const twice = rest * 2n;
    if (up[mode](number, twice > unit ? 1 : twice === unit ? 0 : -1, count % 2n === 1n)) count += 1n;
  }
  const text = `${count * BigInt(increment)}`;
  if (text === "0") return zero(negative);
  return { negative, digits: text.replace(/0+$/, ""), exponent: text.length + magnitude };
}

const zero = (negative) => ({ negative, digits: "", exponent: 0 });
const step = (negative, magnitude) => ({ negative, digits: "1", exponent: magnitude + 1 });

export const scaled = (number, power) => (number.digits === "" ? number : { ...number, exponent: number.exponent + power });

// [whole, fraction] with at least so many digits.
export function plainDigits({ digits, exponent }, leastWhole, leastFraction) {
  const whole = exponent <= 0 ? "" : digits.slice(0, exponent).padEnd(exponent, "0");
  const fraction = exponent >= digits.length ? "" : exponent < 0 ? "0".repeat(-exponent) + digits : digits.slice(exponent);
  return [whole.padStart(leastWhole, "0"), fraction.padEnd(leastFraction, "0")];
}
