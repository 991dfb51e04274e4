// What a script asks of Intl.DateTimeFormat, and the pattern for it.
import { CALENDARS, tableOf } from "internal:intl/calendars";
import { Patterns, fill, pieces, written } from "internal:intl/date_patterns";
import {
  CALENDAR_ALIASES, booleanOption, canonicalLocales, coerced, numberOption, numberingSystems, option, parts as tagParts, regionOf, resolveLocale, typeOption,
} from "internal:intl/locales";
import { calendarTable, core, table } from "internal:intl/tables";
import { canonicalZone } from "internal:intl/zones";
import { ops } from "internal:core/ops";

const WIDTHS = ["narrow", "short", "long"];
const SIZES = ["2-digit", "numeric"];
const ZONE_NAMES = ["short", "long", "shortOffset", "longOffset", "shortGeneric", "longGeneric"];
const STYLES = ["full", "long", "medium", "short"];
export const LETTERS = { h11: "K", h12: "h", h23: "H", h24: "k" };
export const CYCLES = { K: "h11", h: "h12", H: "h23", k: "h24" };

// The letter for hours that a locale prefers.
export function preferredHour(locale, language) {
  const region = regionOf(locale);
  const { hours } = core();
  const [preferred] = hours[`${language}-${region}`] ?? hours[region] ?? hours["001"];
  return preferred;
}

// The calendars that a locale prefers, whether or not dates can be shown by them.
export function preferredCalendars(locale) {
  return (core().calendars[regionOf(locale)] ?? ["gregorian"]).map((name) => (name === "gregorian" ? "gregory" : name));
}

function calendarsOf(data, locale) {
  const list = preferredCalendars(locale);
  return [...new Set([...list.filter((name) => CALENDARS.includes(name)), "gregory", ...CALENDARS])];
}

// The patterns of ISO 8601 are those of no language.
const ISO = {
  df: ["y MMMM d, EEEE", "y MMMM d", "y MMM d", "y-MM-dd"],
  av: {
    Gy: "G y", GyM: "G y-MM", GyMMM: "G y MMM", GyMMMd: "G y MMM d", GyMMMEd: "G y MMM d, E", GyMd: "G y-MM-dd", GyMEd: "G y-MM-dd, E", M: "L", MEd: "MM-dd, E", MMM: "LLL",
    MMMEd: "MMM d, E", MMMMd: "MMMM d", MMMd: "MMM d", Md: "MM-dd", d: "d", Ed: "d, E", y: "y", yM: "y-MM", yMEd: "y-MM-dd, E", yMMM: "y MMM", yMMMEd: "y MMM d, E",
    yMMMM: "y MMMM", yMMMd: "y MMM d", yMd: "y-MM-dd",
  },
};

function isoTable(gregorian) {
  const times = Object.entries(gregorian.av).filter(([key]) => !/[GyMEd]/.test(key));
  return { ...gregorian, df: ISO.df, av: { ...ISO.av, ...Object.fromEntries(times) } };
}

const cached = new Map();
function patternsOf(data, calendar, hour) {
  const key = `${data}/${calendar}/${hour}`;
  let found = cached.get(key);
  if (found === undefined) {
    const gregorian = table("dates", data);
    // How a date and a time are put together is the language's way for all calendars, as in ICU.
    const { at, dtf } = gregorian;
    const name = tableOf(calendar);
    const own = calendar === "iso8601" ? isoTable(gregorian) : name === undefined ? gregorian : { ...gregorian, ...calendarTable(name, data), at, dtf };
    const { sys, ns } = table("numbers", data);
    found = { patterns: new Patterns(own, hour, (sys[ns] ?? sys.latn).sy.d, (field) => table("relative", data).names.l[field]), table: own };
    cached.set(key, found);
  }
  return found;
}

let systemZone;
function defaultZone() {
  systemZone ??= canonicalZone(ops.system_zone()) ?? "UTC";
  return systemZone;
}

const TEXT = { narrow: 5, long: 4, short: 3 };
const size = (value) => (value === "2-digit" ? 2 : 1);

// `required` and `defaults` are "date", "time" or "any" and "all", as in ECMA-402.
export function readDateOptions(locales, options, required, defaults) {
  const requested = canonicalLocales(locales);
  const given = coerced(options);
  option(given, "localeMatcher", ["lookup", "best fit"], "best fit");
  const calendar = typeOption(given, "calendar");
  const system = typeOption(given, "numberingSystem");
  const hour12 = booleanOption(given, "hour12", undefined);
  const hourCycle = hour12 === undefined ? option(given, "hourCycle", ["h11", "h12", "h23", "h24"]) : (void given.hourCycle, undefined);
  const resolved = resolveLocale(requested, { ca: CALENDAR_ALIASES[calendar] ?? calendar, nu: system, hc: hourCycle }, {
    ca: calendarsOf, nu: numberingSystems, hc: () => [undefined, "h11", "h12", "h23", "h24"],
  });
  if (hour12 !== undefined || hourCycle !== undefined) resolved.locale = withoutHours(resolved.locale, hour12 === undefined ? hourCycle : undefined);
  const settings = { locale: resolved.locale, data: resolved.data, calendar: resolved.ca, system: resolved.nu };
  const { timeZone } = given;
  if (timeZone === undefined) settings.zone = defaultZone();
  else {
    settings.zone = canonicalZone(`${timeZone}`);
    if (settings.zone === undefined) throw new RangeError(`Invalid time zone specified: ${timeZone}`);
  }
  const wanted = {};
  const read = (name, values) => {
    const value = option(given, name, values);
    if (value !== undefined) wanted[name] = value;
  };
  read("weekday", WIDTHS);
  read("era", WIDTHS);
  read("year", SIZES);
  read("month", [...SIZES, ...WIDTHS]);
  read("day", SIZES);
  read("dayPeriod", WIDTHS);
  read("hour", SIZES);
  read("minute", SIZES);
  read("second", SIZES);
  const fraction = numberOption(given, "fractionalSecondDigits", 1, 3, undefined);
  if (fraction !== undefined) wanted.fraction = fraction;
  read("timeZoneName", ZONE_NAMES);
  option(given, "formatMatcher", ["basic", "best fit"], "best fit");
  const dateStyle = option(given, "dateStyle", STYLES);
  const timeStyle = option(given, "timeStyle", STYLES);
  const preferred = preferredHour(resolved.locale, resolved.data.split("-")[0]);
  const usual = CYCLES[preferred];
  const half = /^h(11|23)$/.test(resolved.hc ?? usual);
  const asked = hour12 === undefined ? resolved.hc : hour12 ? (half ? "h11" : "h12") : (half ? "h23" : "h24");
  const { patterns, table: calendarTable } = patternsOf(resolved.data, settings.calendar, preferred);
  settings.table = calendarTable;
  settings.patterns = patterns;
  if (dateStyle !== undefined || timeStyle !== undefined) {
    const explicit = Object.keys(wanted)[0];
    if (explicit !== undefined) throw new TypeError(`Can't set option ${explicit === "fraction" ? "fractionalSecondDigits" : explicit} when ${dateStyle === undefined ? "timeStyle" : "dateStyle"} is used`);
    if (required === "date" && timeStyle !== undefined) throw new TypeError("Invalid option : timeStyle");
    if (required === "time" && dateStyle !== undefined) throw new TypeError("Invalid option : dateStyle");
    Object.assign(settings, { dateStyle, timeStyle });
    settings.pattern = stylePattern(settings, asked, usual);
  } else {
    complete(wanted, required, defaults);
    settings.pattern = replacedHour(patterns.find(skeleton(wanted, LETTERS[asked ?? usual])), asked ?? usual);
  }
  // The first year of an era has a character of its own in Japanese.
  if (settings.calendar === "japanese" && settings.data === "ja" && settings.pattern.includes("年")) settings.figures ??= "y=jpanyear";
  const hour = pieces(settings.pattern).find((piece) => /^[hHkK]$/.test(piece.letter));
  if (hour !== undefined) settings.cycle = CYCLES[hour.letter];
  return settings;
}

function withoutHours(locale, cycle) {
  const { base, keywords } = tagParts(locale);
  if (!keywords.has("hc") || keywords.get("hc") === cycle) return locale;
  keywords.delete("hc");
  const rest = [...keywords].map(([key, value]) => `-${key}${value === "" ? "" : `-${value}`}`).join("");
  return rest === "" ? base : `${base}-u${rest}`;
}

function complete(wanted, required, defaults) {
  const hasDate = ["weekday", "year", "month", "day"].some((name) => wanted[name] !== undefined);
  const hasTime = ["dayPeriod", "hour", "minute", "second", "fraction"].some((name) => wanted[name] !== undefined);
  if ((required !== "time" && hasDate) || (required !== "date" && hasTime)) return;
  if (defaults !== "time") Object.assign(wanted, { year: "numeric", month: "numeric", day: "numeric" });
  if (defaults !== "date") Object.assign(wanted, { hour: "numeric", minute: "numeric", second: "numeric" });
}

function skeleton(wanted, hour) {
  let made = "";
  const add = (letter, length) => { made += letter.repeat(length); };
  if (wanted.era) add("G", TEXT[wanted.era]);
  if (wanted.year) add("y", size(wanted.year));
  if (wanted.month) add("M", TEXT[wanted.month] ?? size(wanted.month));
  if (wanted.weekday) add("E", TEXT[wanted.weekday]);
  if (wanted.day) add("d", size(wanted.day));
  if (wanted.dayPeriod) add("B", wanted.dayPeriod === "short" ? 1 : TEXT[wanted.dayPeriod]);
  if (wanted.hour) add(hour, size(wanted.hour));
  if (wanted.minute) add("m", size(wanted.minute));
  if (wanted.second) add("s", size(wanted.second));
  if (wanted.fraction) add("S", wanted.fraction);
  if (wanted.timeZoneName) made += { short: "z", long: "zzzz", shortOffset: "O", longOffset: "OOOO", shortGeneric: "v", longGeneric: "vvvv" }[wanted.timeZoneName];
  return made;
}

export const replacedHour = (pattern, cycle) => written(pieces(pattern).map((piece) => (/^[hHkK]$/.test(piece.letter) ? { letter: LETTERS[cycle], length: piece.length } : piece)));

function stylePattern(settings, asked, usual) {
  const { dateStyle, timeStyle, table: of, patterns } = settings;
  const date = dateStyle && of.df[STYLES.indexOf(dateStyle)];
  const time = timeStyle && of.tf[STYLES.indexOf(timeStyle)];
  if (time !== undefined) {
    const hour = pieces(time).find((piece) => /^[hHkK]$/.test(piece.letter));
    const cycle = asked ?? usual;
    if (hour.letter !== LETTERS[cycle]) {
      // The same fields with hours of the other kind.
      const whole = date === undefined ? time : fill(of.at[STYLES.indexOf(dateStyle)], time, date);
      const fields = pieces(whole).filter((piece) => piece.text === undefined && !/^[aB]$/.test(piece.letter));
      const wanted = fields.map(({ letter, length }) => (/^[hHkK]$/.test(letter) ? LETTERS[cycle].repeat(length) : letter.repeat(length))).join("");
      return replacedHour(patterns.find(wanted), cycle);
    }
  }
  if (date === undefined) return time;
  settings.figures = of.dn?.[STYLES.indexOf(dateStyle)];
  if (time === undefined) return date;
  return fill(of.at[STYLES.indexOf(dateStyle)], time, date);
}
