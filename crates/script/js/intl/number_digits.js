// How many digits a number is shown with: ECMA-402, SetNumberFormatDigitOptions and FormatNumericToString.
import { plainDigits, rounded } from "internal:intl/decimal";
import { defaultNumber, numberOption, option } from "internal:intl/locales";

const MODES = ["ceil", "floor", "expand", "trunc", "halfCeil", "halfFloor", "halfExpand", "halfTrunc", "halfEven"];
const INCREMENTS = [1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 2500, 5000];

export function readDigitOptions(options, leastFraction, mostFraction, notation) {
  const integers = numberOption(options, "minimumIntegerDigits", 1, 21, 1);
  const { minimumFractionDigits: mnfd, maximumFractionDigits: mxfd } = options;
  const { minimumSignificantDigits: mnsd, maximumSignificantDigits: mxsd } = options;
  const increment = numberOption(options, "roundingIncrement", 1, 5000, 1);
  if (!INCREMENTS.includes(increment)) throw new RangeError("roundingIncrement value is out of range.");
  const mode = option(options, "roundingMode", MODES, "halfExpand");
  const priority = option(options, "roundingPriority", ["auto", "morePrecision", "lessPrecision"], "auto");
  const trailing = option(options, "trailingZeroDisplay", ["auto", "stripIfInteger"], "auto");
  const made = { integers, increment, mode, trailing, priority };
  if (increment !== 1) mostFraction = leastFraction;
  const hasSignificant = mnsd !== undefined || mxsd !== undefined;
  const hasFraction = mnfd !== undefined || mxfd !== undefined;
  let needSignificant = true;
  let needFraction = true;
  if (priority === "auto") {
    needSignificant = hasSignificant;
    if (needSignificant || (!hasFraction && notation === "compact")) needFraction = false;
  }
  if (needSignificant) {
    made.leastSignificant = hasSignificant ? defaultNumber(mnsd, "minimumSignificantDigits", 1, 21, 1) : 1;
    made.mostSignificant = hasSignificant ? defaultNumber(mxsd, "maximumSignificantDigits", made.leastSignificant, 21, 21) : 21;
  }
  if (needFraction) {
    if (hasFraction) {
      let least = defaultNumber(mnfd, "minimumFractionDigits", 0, 20, undefined);
      let most = defaultNumber(mxfd, "maximumFractionDigits", 0, 20, undefined);
      if (least === undefined) least = Math.min(leastFraction, most);
      else if (most === undefined) most = Math.max(mostFraction, least);
      else if (least > most) throw new RangeError("maximumFractionDigits value is out of range.");
      made.leastFraction = least;
      made.mostFraction = most;
    } else {
      made.leastFraction = leastFraction;
      made.mostFraction = mostFraction;
    }
  }
  if (!needSignificant && !needFraction) {
    Object.assign(made, { leastFraction: 0, mostFraction: 0, leastSignificant: 1, mostSignificant: 2 });
    made.type = "morePrecision";
    made.priority = "morePrecision";
    made.compact = true;
  } else if (priority === "morePrecision" || priority === "lessPrecision") made.type = priority;
  else made.type = hasSignificant ? "significant" : "fraction";
  if (increment !== 1) {
    if (made.type !== "fraction") throw new TypeError("roundingIncrement value is invalid.");
    if (made.mostFraction !== made.leastFraction) throw new RangeError("roundingIncrement value is out of range.");
  }
  return made;
}

function bySignificant(number, { leastSignificant: least, mostSignificant: most, mode }) {
  const value = rounded(number, number.digits === "" ? 0 : number.exponent - most, mode);
  const place = value.digits === "" ? 1 : value.exponent;
  return { value, fraction: Math.max(0, least - place), magnitude: number.exponent - most };
}

function byFraction(number, { leastFraction, mostFraction, mode, increment }) {
  return { value: rounded(number, -mostFraction, mode, increment), fraction: leastFraction, magnitude: -mostFraction };
}

// The number rounded, and its digits as `[whole, fraction]`.
export function shownDigits(number, settings) {
  let chosen;
  if (settings.type === "significant") chosen = bySignificant(number, settings);
  else if (settings.type === "fraction") chosen = byFraction(number, settings);
  else {
    const significant = bySignificant(number, settings);
    const fraction = byFraction(number, settings);
    const finer = significant.magnitude <= fraction.magnitude;
    chosen = (settings.type === "morePrecision") === finer ? significant : fraction;
    if (settings.compact) chosen.fraction = 0;
  }
  let [whole, fraction] = plainDigits(chosen.value, settings.integers, chosen.fraction);
  if (settings.trailing === "stripIfInteger" && /^0*$/.test(fraction)) fraction = "";
  return { value: chosen.value, whole, fraction };
}

export function resolvedDigits(settings, resolved) {
  resolved.minimumIntegerDigits = settings.integers;
  if (settings.leastSignificant !== undefined) {
    resolved.minimumSignificantDigits = settings.leastSignificant;
    resolved.maximumSignificantDigits = settings.mostSignificant;
  }
  if (settings.leastFraction !== undefined) {
    resolved.minimumFractionDigits = settings.leastFraction;
    resolved.maximumFractionDigits = settings.mostFraction;
  }
}
