// A number's text in en-US, with the options of Intl.NumberFormat.
import {
  BigIntCtor, MapCtor, NumberCtor, RangeErrorCtor, RegExpCtor, StringCtor, TypeErrorCtor, fixed, floor, is, uncurryThis,
} from "internal:core/primordials";

const toFixed = uncurryThis(NumberCtor.prototype.toFixed);
const toPrecision = uncurryThis(NumberCtor.prototype.toPrecision);
const slice = uncurryThis(StringCtor.prototype.slice);
const indexOf = uncurryThis(StringCtor.prototype.indexOf);
const padStart = uncurryThis(StringCtor.prototype.padStart);
const toUpperCase = uncurryThis(StringCtor.prototype.toUpperCase);
const mapGet = uncurryThis(MapCtor.prototype.get);
const test = uncurryThis(RegExpCtor.prototype.test);
const CURRENCY = fixed(/^[A-Za-z]{3}$/);

const symbols = new MapCtor([
  ["USD", "$"], ["EUR", "€"], ["GBP", "£"], ["JPY", "¥"], ["INR", "₹"], ["CNY", "CN¥"], ["KRW", "₩"], ["BRL", "R$"],
  ["CAD", "CA$"], ["AUD", "A$"], ["MXN", "MX$"], ["NZD", "NZ$"], ["ILS", "₪"], ["VND", "₫"], ["TWD", "NT$"],
  ["HKD", "HK$"], ["XCD", "EC$"], ["XAF", "FCFA"], ["XOF", "CFA"], ["XPF", "CFPF"],
]);
const names = new MapCtor([
  ["USD", "US dollars"], ["EUR", "euros"], ["GBP", "British pounds"], ["JPY", "Japanese yen"], ["CHF", "Swiss francs"],
]);
const NO_MINOR = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
const THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND";

function minorDigits(currency) {
  if (indexOf(NO_MINOR, currency) >= 0) return 0;
  return indexOf(THREE_DIGITS, currency) >= 0 ? 3 : 2;
}

export function grouped(digits) {
  let text = digits;
  for (let at = text.length - 3; at > 0; at -= 3) text = `${slice(text, 0, at)},${slice(text, at)}`;
  return text;
}

function count(options, name, low, high, fallback) {
  const value = options[name];
  if (value === undefined) return fallback;
  const number = NumberCtor(value);
  if (!(number >= low && number <= high)) throw new RangeErrorCtor(`${name} value is out of range.`);
  return floor(number);
}

function oneOf(options, name, values, fallback) {
  const value = options[name];
  if (value === undefined) return fallback;
  const text = `${value}`;
  for (let i = 0; i < values.length; i++) if (values[i] === text) return text;
  throw new RangeErrorCtor(`Value ${text} out of range for Intl.NumberFormat options property ${name}`);
}

function settings(given) {
  const options = given ?? {};
  const style = oneOf(options, "style", ["decimal", "percent", "currency"], "decimal");
  let { currency } = options;
  if (currency !== undefined && !test(CURRENCY, `${currency}`)) throw new RangeErrorCtor(`Invalid currency code : ${currency}`);
  if (style === "currency" && currency === undefined) throw new TypeErrorCtor("Currency code is required with currency style.");
  currency = currency === undefined ? undefined : toUpperCase(`${currency}`);
  const display = oneOf(options, "currencyDisplay", ["symbol", "code", "name"], "symbol");
  const minor = style === "currency" ? minorDigits(currency) : 0;
  const integers = count(options, "minimumIntegerDigits", 1, 21, 1);
  const most = style === "currency" ? minor : style === "percent" ? 0 : 3;
  const given_most = count(options, "maximumFractionDigits", 0, 20, undefined);
  const least = count(options, "minimumFractionDigits", 0, 20, given_most < minor ? given_most : minor);
  if (given_most < least) throw new RangeErrorCtor("maximumFractionDigits value is out of range.");
  const significant = options.minimumSignificantDigits !== undefined || options.maximumSignificantDigits !== undefined;
  const fewest = significant ? count(options, "minimumSignificantDigits", 1, 21, 1) : 0;
  return {
    style, currency, display, integers, least, most: given_most ?? (least > most ? least : most), fewest,
    greatest: significant ? count(options, "maximumSignificantDigits", fewest, 21, 21) : 0,
    grouping: options.useGrouping === undefined ? true : !!options.useGrouping,
  };
}

// Digits, with as many zeros at the end of the fraction as asked for.
function trimmed(text, least) {
  const point = indexOf(text, ".");
  if (point < 0) return [text, ""];
  let fraction = slice(text, point + 1);
  while (fraction.length > least && fraction[fraction.length - 1] === "0") fraction = slice(fraction, 0, -1);
  return [slice(text, 0, point), fraction];
}

// Without an exponent.
function plain(text) {
  const at = indexOf(text, "e");
  if (at < 0) return text;
  const exponent = NumberCtor(slice(text, at + 1));
  const point = indexOf(text, ".");
  const digits = point < 0 ? slice(text, 0, at) : slice(text, 0, point) + slice(text, point + 1, at);
  if (exponent < 0) return `0.${padStart(digits, digits.length - exponent - 1, "0")}`;
  let whole = digits;
  while (whole.length <= exponent) whole += "0";
  const rest = slice(whole, exponent + 1);
  return slice(whole, 0, exponent + 1) + (rest === "" ? "" : `.${rest}`);
}

function digitsOf(size, { least, most, fewest, greatest }) {
  if (greatest > 0) {
    const text = plain(toPrecision(size, greatest));
    const whole = trimmed(text, 0)[0];
    const used = whole === "0" ? 0 : whole.length;
    return trimmed(text, fewest > used ? fewest - used : 0);
  }
  return size >= 1e21 ? [`${BigIntCtor(size)}`, ""] : trimmed(toFixed(size, most), least);
}

function digitsText(size, parts) {
  if (size === Infinity) return "∞";
  const pair = digitsOf(size, parts);
  const whole = padStart(pair[0], parts.integers, "0");
  return (parts.grouping ? grouped(whole) : whole) + (pair[1] === "" ? "" : `.${pair[1]}`);
}

export function numberText(number, options) {
  const parts = settings(options);
  const sign = number < 0 || is(number, -0) ? "-" : "";
  const size = number < 0 ? -number : number;
  const text = number !== number ? "NaN" : digitsText(parts.style === "percent" ? size * 100 : size, parts);
  if (parts.style === "percent") return `${sign}${text}%`;
  if (parts.style === "decimal") return sign + text;
  const { currency, display } = parts;
  if (display === "name") return `${sign}${text} ${mapGet(names, currency) ?? currency}`;
  const symbol = display === "symbol" ? mapGet(symbols, currency) : undefined;
  return `${sign}${symbol ?? `${currency}\u00a0`}${text}`;
}
