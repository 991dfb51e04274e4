// What a script asks of Intl.NumberFormat.
import { readDigitOptions } from "internal:intl/number_digits";
import { canonicalLocales, coerced, numberingSystems, option, resolveLocale, typeOption } from "internal:intl/locales";
import { core } from "internal:intl/tables";

export const UNITS = "acre bit byte celsius centimeter day degree fahrenheit fluid-ounce foot gallon gigabit gigabyte gram hectare hour inch kilobit kilobyte kilogram kilometer liter megabit megabyte meter microsecond mile mile-scandinavian milliliter millimeter millisecond minute month nanosecond ounce percent petabyte pound second stone terabit terabyte week yard year".split(" ");

function isUnit(text) {
  if (UNITS.includes(text)) return true;
  const at = text.indexOf("-per-");
  return at > 0 && UNITS.includes(text.slice(0, at)) && UNITS.includes(text.slice(at + 5));
}

function currencyDigits(code) {
  const { digits } = core();
  return digits[code] ?? digits.DEFAULT;
}

const GROUPING = ["min2", "auto", "always", "true", "false"];
function groupingOption(options, notation) {
  const fallback = notation === "compact" ? "min2" : "auto";
  const value = options.useGrouping;
  if (value === undefined) return fallback;
  if (value === true) return "always";
  if (!value) return false;
  const text = `${value}`;
  if (!GROUPING.includes(text)) throw new RangeError(`Value ${text} out of range for Intl.NumberFormat options property useGrouping`);
  return text === "true" || text === "false" ? fallback : text;
}

export function readNumberOptions(locales, options) {
  const requested = canonicalLocales(locales);
  const given = coerced(options);
  option(given, "localeMatcher", ["lookup", "best fit"], "best fit");
  const system = typeOption(given, "numberingSystem");
  const resolved = resolveLocale(requested, { nu: system }, { nu: numberingSystems });
  const style = option(given, "style", ["decimal", "percent", "currency", "unit"], "decimal");
  const currency = option(given, "currency");
  if (currency === undefined && style === "currency") throw new TypeError("Currency code is required with currency style.");
  if (currency !== undefined && !/^[a-z]{3}$/i.test(currency)) throw new RangeError(`Invalid currency code : ${currency}`);
  const currencyDisplay = option(given, "currencyDisplay", ["code", "symbol", "narrowSymbol", "name"], "symbol");
  const currencySign = option(given, "currencySign", ["standard", "accounting"], "standard");
  const unit = option(given, "unit");
  if (unit === undefined && style === "unit") throw new TypeError("Required option \"unit\" is missing");
  if (unit !== undefined && !isUnit(unit)) throw new RangeError(`Invalid unit argument for Intl.NumberFormat() '${unit}'`);
  const unitDisplay = option(given, "unitDisplay", ["short", "narrow", "long"], "short");
  const settings = { locale: resolved.locale, data: resolved.data, system: resolved.nu, style };
  if (style === "currency") Object.assign(settings, { currency: currency.toUpperCase(), currencyDisplay, currencySign });
  if (style === "unit") Object.assign(settings, { unit, unitDisplay });
  settings.notation = option(given, "notation", ["standard", "scientific", "engineering", "compact"], "standard");
  const minor = style === "currency" && settings.notation === "standard" ? currencyDigits(settings.currency) : 0;
  const most = style === "currency" && settings.notation === "standard" ? minor : style === "percent" ? 0 : 3;
  settings.digits = readDigitOptions(given, minor, most, settings.notation);
  settings.compactDisplay = option(given, "compactDisplay", ["short", "long"], "short");
  settings.grouping = groupingOption(given, settings.notation);
  settings.sign = option(given, "signDisplay", ["auto", "never", "always", "exceptZero", "negative"], "auto");
  return settings;
}
