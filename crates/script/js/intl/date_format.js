// Intl.DateTimeFormat.
import { CALENDARS, faceOf, tableOf } from "internal:intl/calendars";
import { Patterns, fill, pieces, skeletonOf, written } from "internal:intl/date_patterns";
import {
  booleanOption, canonicalLocales, coerced, finish, keeper, numberOption, numberingSystems, option, parts as tagParts, regionOf, resolveLocale,
  typeOption,
} from "internal:intl/locales";
import { textOf } from "internal:intl/number_format";
import { core, table } from "internal:intl/tables";
import { canonicalZone, offsetOf, zoneName } from "internal:intl/zones";
import { ops } from "internal:core/ops";

const WIDTHS = ["narrow", "short", "long"];
const SIZES = ["2-digit", "numeric"];
const ZONE_NAMES = ["short", "long", "shortOffset", "longOffset", "shortGeneric", "longGeneric"];
const STYLES = ["full", "long", "medium", "short"];
const LETTERS = { h11: "K", h12: "h", h23: "H", h24: "k" };
const CYCLES = { K: "h11", h: "h12", H: "h23", k: "h24" };

function preferredHour(locale, data) {
  const region = regionOf(locale);
  const { hours } = core();
  const language = data.split("-")[0];
  const [preferred] = hours[`${language}_${region}`] ?? hours[`${language}-${region}`] ?? hours[region] ?? hours["001"];
  return preferred;
}

function calendarsOf(data, locale) {
  const { calendars } = core();
  const list = (calendars[regionOf(locale)] ?? ["gregorian"]).map((name) => (name === "gregorian" ? "gregory" : name));
  return [...new Set([...list.map((name) => (name === "islamic-umalqura" || name === "islamic" ? undefined : name)).filter((name) => CALENDARS.includes(name)), "gregory", ...CALENDARS])];
}

const cached = new Map();
function patternsOf(data, calendar, hour) {
  const key = `${data}/${calendar}/${hour}`;
  let found = cached.get(key);
  if (found === undefined) {
    const gregorian = table("dates", data);
    const name = tableOf(calendar);
    const { at, dtf } = gregorian;
    const own = name === undefined ? gregorian : { ...gregorian, ...table(name, data), at, dtf };
    const { sys, ns } = table("numbers", data);
    found = { patterns: new Patterns(own, hour, (sys[ns] ?? sys.latn).sy.d), table: own };
    cached.set(key, found);
  }
  return found;
}

let systemZone;
export function defaultZone() {
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
  const resolved = resolveLocale(requested, { ca: calendar, nu: system, hc: hourCycle }, {
    ca: (data, locale) => calendarsOf(data, locale), nu: numberingSystems, hc: () => [undefined, "h11", "h12", "h23", "h24"],
  });
  if (hour12 !== undefined || hourCycle !== undefined) resolved.locale = withoutHours(resolved.locale, hour12 === undefined ? hourCycle : undefined);
  const settings = { locale: resolved.locale, data: resolved.data, calendar: resolved.ca === "iso8601" ? "gregory" : resolved.ca, system: resolved.nu };
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
  const preferred = preferredHour(resolved.locale, resolved.data);
  const usual = CYCLES[preferred];
  const half = usual === "h11" || usual === "h23";
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

const replacedHour = (pattern, cycle) => written(pieces(pattern).map((piece) => (/^[hHkK]$/.test(piece.letter) ? { letter: LETTERS[cycle], length: piece.length } : piece)));

function stylePattern({ dateStyle, timeStyle, table: of, patterns }, asked, usual) {
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
  if (time === undefined) return date;
  return fill(of.at[STYLES.indexOf(dateStyle)], time, date);
}

const PART = {
  G: "era", y: "year", Y: "year", u: "year", r: "relatedYear", U: "yearName", M: "month", L: "month", E: "weekday", c: "weekday", e: "weekday", d: "day",
  a: "dayPeriod", b: "dayPeriod", B: "dayPeriod", h: "hour", H: "hour", k: "hour", K: "hour", m: "minute", s: "second", S: "fractionalSecond",
  z: "timeZoneName", v: "timeZoneName", O: "timeZoneName", V: "timeZoneName", Z: "timeZoneName", X: "timeZoneName", x: "timeZoneName",
};
const width = (length) => (length === 4 ? "w" : length === 5 ? "n" : "a");

export class DateWriter {
  constructor(settings) {
    this.settings = settings;
    this.list = pieces(settings.pattern);
    this.figures = settings.system === "latn" ? undefined : [...core().systems[settings.system]];
  }

  figure(text) { return this.figures === undefined ? text : text.replace(/[0-9]/g, (digit) => this.figures[digit]); }

  number(value, least) { return this.figure(`${value}`.padStart(least, "0")); }

  face(time) {
    const { east } = offsetOf(this.settings.zone, time);
    return { ...faceOf(this.settings.calendar, time + east * 1000), time };
  }

  period(face, letter, length) {
    const names = this.settings.table.dp[width(length)];
    const half = face.hour < 12 ? "am" : "pm";
    if (letter === "a") return names[half];
    const language = this.settings.data.split("-")[0];
    const rules = core().periods[this.settings.data] ?? core().periods[language] ?? [];
    const exact = face.minute === 0 && face.second === 0 ? rules.find(([, at, end]) => end === undefined && at % 24 === face.hour) : undefined;
    if (exact !== undefined && names[exact[0]] !== undefined) return names[exact[0]];
    if (letter === "b") return names[half];
    const { hour } = face;
    const found = rules.find(([, from, before]) => before !== undefined && (from < before ? hour >= from && hour < before : hour >= from || hour < before));
    return (found && names[found[0]]) ?? names[half];
  }

  field({ letter, length }, face) {
    const { table: of } = this.settings;
    switch (letter) {
      case "G": return of.er[width(length)][face.era] ?? "";
      case "y": case "Y": return length === 2 ? this.number(Math.abs(face.year) % 100, 2) : this.number(face.year, length);
      case "u": case "r": return this.number(face.extended, length);
      case "M": case "L":
        return length > 2 ? of.mo[(letter === "M" ? "f" : "s") + width(length)][face.month] : this.number(face.month + 1, length);
      case "E": case "e": case "c": return of.da[(letter === "c" ? "s" : "f") + width(length)][face.weekday];
      case "d": return this.number(face.day, length);
      case "a": case "b": case "B": return this.period(face, letter, length);
      case "h": return this.number(face.hour % 12 || 12, length);
      case "K": return this.number(face.hour % 12, length);
      case "H": return this.number(face.hour, length);
      case "k": return this.number(face.hour || 24, length);
      case "m": return this.number(face.minute, length);
      case "s": return this.number(face.second, length);
      case "S": return this.figure(`${face.milli}`.padStart(3, "0").slice(0, length));
      default: return this.zone(letter, length, face.time);
    }
  }

  zone(letter, length, time) {
    const { data, zone } = this.settings;
    const style = letter === "O" ? (length === 4 ? "longOffset" : "shortOffset") : letter === "v" ? (length === 4 ? "longGeneric" : "shortGeneric") : length === 4 ? "long" : "short";
    return zoneName(data, zone, time, style, (text) => this.figure(text));
  }

  partsOf(list, face) {
    const made = [];
    const add = (type, value) => {
      const last = made[made.length - 1];
      if (type === "literal" && last?.type === "literal") last.value += value;
      else if (value !== "") made.push({ type, value });
    };
    for (const piece of list) {
      if (piece.text === undefined) add(PART[piece.letter] ?? "literal", this.field(piece, face));
      else add("literal", piece.text);
    }
    return made;
  }

  parts(time) { return this.partsOf(this.list, this.face(time)); }

  // [parts of a range], or one moment's when nothing that is shown differs.
  range(start, end) {
    const { table: of, patterns } = this.settings;
    const [first, last] = [this.face(start), this.face(end)];
    const one = () => this.partsOf(this.list, first).map((part) => ({ ...part, source: "shared" }));
    const fields = skeletonOf(written(this.list));
    const time = fields.slice(5).some((field) => field !== undefined);
    const date = fields.slice(0, 5).some((field) => field !== undefined);
    const differing = ["era", "extended", "month", "day"].find((name) => first[name] !== last[name]);
    const mark = (list, source) => list.map((part) => ({ ...part, source }));
    const both = (list) => {
      const [left, right] = [this.partsOf(list, first), this.partsOf(list, last)];
      const [, before, between, after] = of.iv.intervalFormatFallback.match(/^(.*)\{0\}(.*)\{1\}(.*)$/s);
      const literal = (value) => (value === "" ? [] : [{ type: "literal", value, source: "shared" }]);
      return [...literal(before), ...mark(left, "startRange"), ...literal(between), ...mark(right, "endRange"), ...literal(after)];
    };
    if (differing === undefined) {
      if (!time) return one();
      const smaller = [["hour", "a"], ["minute", "m"], ["second", "s"], ["milli", "S"]].find(([name]) => first[name] !== last[name]);
      if (smaller === undefined) return one();
      const shownTo = fields[9] ? 3 : fields[8] ? 2 : fields[7] ? 1 : fields[6] ? 0 : -1;
      if (["hour", "minute", "second", "milli"].indexOf(smaller[0]) > shownTo) return one();
      const isHalf = fields[5] !== undefined && (fields[6].letter === "h" || fields[6].letter === "K");
      const letter = smaller[0] === "hour" ? (isHalf ? ((first.hour < 12) === (last.hour < 12) ? "h" : "a") : "H") : smaller[1];
      const pattern = letter === "s" || letter === "S" ? undefined : this.interval(fields, 5, 11, letter);
      if (pattern === undefined && !date) return both(this.list);
      const times = pattern ?? fill(of.iv.intervalFormatFallback, written(this.partOf(5, 11)), written(this.partOf(5, 11)));
      if (!date) return this.halves(pieces(times), first, last);
      const style = fields[2]?.length === 4 ? (fields[3] === undefined ? 1 : 0) : fields[2]?.length === 3 ? 2 : 3;
      return this.halves(pieces(fill(of.dtf[style], times, written(this.partOf(0, 5)))), first, last);
    }
    if (!date) return both(pieces(fill(of.dtf[3], written(this.partOf(5, 11)), patterns.find("yMd"))));
    const letter = { era: "G", extended: "y", month: "M", day: "d" }[differing];
    const shown = { G: 0, y: 1, M: 2, d: 4 }[letter];
    const smallest = fields[4] || fields[3] || time ? 4 : fields[2] ? 2 : fields[1] ? 1 : 0;
    if (shown > smallest) return one();
    // What differs is shown, and what lies between that and what is shown anyway.
    const largest = fields[1] ? 1 : fields[2] ? 2 : 4;
    const added = (fields[4] === undefined || (fields[3] !== undefined && fields[2] === undefined)) && !time ? "" : [[1, "y"], [2, "M"], [4, "d"]].filter(([at]) => at >= shown && at <= largest && fields[at] === undefined).map(([, name]) => name).join("");
    const styled = this.settings.dateStyle !== undefined || this.settings.timeStyle !== undefined;
    const wider = added === "" && (styled || shown < largest) ? this.list : this.found(added + this.skeleton(0, 11));
    if (time) return both(wider);
    const pattern = this.interval(skeletonOf(added + this.skeleton(0, 11)), 0, 5, letter);
    return pattern === undefined ? both(wider) : this.halves(pieces(pattern), first, last);
  }

  skeleton(from, to) {
    const fields = skeletonOf(written(this.list));
    // Ranges have numbers as long as their language has them.
    const length = (field) => (field.length < 3 && !/^[ySzvO]$/.test(field.letter) ? 1 : field.length);
    return fields.map((field, at) => (field && !field.added && at >= from && at < to ? field.letter.repeat(length(field)) : "")).join("").replace(/L/g, "M").replace(/c/g, "E");
  }

  // The pieces of the pattern for those of the fields.
  partOf(from, to) { return this.found(this.skeleton(from, to)); }

  found(skeletonText) {
    const pattern = this.settings.patterns.find(skeletonText);
    return pieces(this.settings.cycle === undefined ? pattern : replacedHour(pattern, this.settings.cycle));
  }

  // The pattern of a language for two moments that first differ in this field.
  interval(fields, from, to, letter) {
    const { table: of } = this.settings;
    const wanted = fields.map((field, at) => (at >= from && at < to ? field : undefined));
    let best;
    for (const key of Object.keys(of.iv)) {
      if (of.iv[key][letter] === undefined || key === "intervalFormatFallback") continue;
      if (key.includes("B") && wanted[5]?.letter !== "B") continue;
      const there = skeletonOf(key);
      let distance = 0;
      for (let at = 0; at < 11; at++) {
        const field = wanted[at];
        if ((field === undefined) !== (there[at] === undefined)) distance += 1e6;
        else if (field !== undefined) distance += (field.length > 2) !== (there[at].length > 2) ? 1000 : Math.abs(field.length - there[at].length);
        if (field !== undefined && there[at] !== undefined && at === 6 && field.letter !== there[at].letter) distance += /[hK]/.test(field.letter) === /[hK]/.test(there[at].letter) ? 1 : 1e6;
      }
      if (distance < 1e6 && (best === undefined || distance < best.distance)) best = { distance, key, there };
    }
    if (best === undefined) return undefined;
    return written(pieces(of.iv[best.key][letter]).map((piece) => {
      if (piece.text !== undefined) return piece;
      const at = Object.keys(PART).includes(piece.letter) ? skeletonOf(piece.letter).findIndex((field) => field !== undefined && !field.added) : -1;
      if (/^[hHkK]$/.test(piece.letter)) return { letter: LETTERS[this.settings.cycle], length: piece.length };
      if (at === 10) return { letter: wanted[10].letter, length: 1 };
      const field = wanted[at];
      const key = best.there[at];
      if (field === undefined || key === undefined || field.length === key.length || piece.letter === "m" || piece.letter === "a") return piece;
      if (field.length < 3) return at === 1 && field.length === 2 ? { letter: piece.letter, length: 2 } : piece;
      return { letter: piece.letter, length: field.length };
    }));
  }

  halves(list, first, last) {
    const seen = new Set();
    let cut = list.length;
    for (let i = 0; i < list.length; i++) {
      const type = list[i].text === undefined ? PART[list[i].letter] : undefined;
      if (type === undefined) continue;
      if (seen.has(type)) {
        cut = i;
        break;
      }
      seen.add(type);
    }
    const left = this.partsOf(list.slice(0, cut), first);
    const right = this.partsOf(list.slice(cut), last);
    const tail = left[left.length - 1];
    const shared = tail?.type === "literal" && cut < list.length ? [left.pop()] : [];
    const mark = (parts, source) => parts.map((part) => ({ ...part, source }));
    return [...mark(left, "startRange"), ...mark(shared, "shared"), ...mark(right, "endRange")];
  }
}

// As V8 does it: the narrow blank in front of AM and PM, which CLDR has had since version 42, is a plain one in whole texts.
const whole = (parts) => textOf(parts).replaceAll("\u202f", " ");

function moment(value) {
  const time = value === undefined ? Date.now() : Number(value);
  if (!(Math.abs(time) <= 8.64e15)) throw new RangeError("Invalid time value");
  return Math.trunc(time);
}

const RESOLVED = [
  ["weekday", /^[Ec]$/], ["era", /^G$/], ["year", /^[yur]$/], ["month", /^[ML]$/], ["day", /^d$/], ["dayPeriod", /^B$/], ["hour", /^[hHkK]$/],
  ["minute", /^m$/], ["second", /^s$/], ["fractionalSecondDigits", /^S$/], ["timeZoneName", /^[zvO]$/],
];

function resolvedField(name, { letter, length }) {
  if (name === "fractionalSecondDigits") return length;
  if (name === "timeZoneName") return { z: ["short", "long"], O: ["shortOffset", "longOffset"], v: ["shortGeneric", "longGeneric"] }[letter][length === 4 ? 1 : 0];
  if (["weekday", "era", "dayPeriod"].includes(name) || length > 2) return length === 4 ? "long" : length === 5 ? "narrow" : "short";
  return length === 2 ? "2-digit" : "numeric";
}

class Formatter {
  #writer; #bound;
  constructor(locales, options) { this.#writer = new DateWriter(readDateOptions(locales, options, "any", "date")); }
  get format() {
    this.#bound ??= { "": (value) => whole(this.#writer.parts(moment(value))) }[""];
    return this.#bound;
  }
  formatToParts(value) { return this.#writer.parts(moment(value)); }
  formatRange(start, end) { return textOf(this.formatRangeToParts(start, end)); }
  formatRangeToParts(start, end) {
    if (start === undefined || end === undefined) throw new TypeError("startDate or endDate cannot be undefined");
    return this.#writer.range(moment(start), moment(end));
  }
  resolvedOptions() {
    const { settings, list } = this.#writer;
    const resolved = { locale: settings.locale, calendar: settings.calendar, numberingSystem: settings.system, timeZone: settings.zone };
    if (settings.cycle !== undefined) {
      resolved.hourCycle = settings.cycle;
      resolved.hour12 = settings.cycle === "h11" || settings.cycle === "h12";
    }
    const styled = settings.dateStyle !== undefined || settings.timeStyle !== undefined;
    for (const [name, letters] of styled ? [] : RESOLVED) {
      const piece = list.find(({ letter }) => letters.test(letter));
      if (piece !== undefined) resolved[name] = resolvedField(name, piece);
    }
    if (settings.dateStyle !== undefined) resolved.dateStyle = settings.dateStyle;
    if (settings.timeStyle !== undefined) resolved.timeStyle = settings.timeStyle;
    return resolved;
  }
}

export const DateTimeFormat = finish(Formatter, "DateTimeFormat");

const writerFor = keeper((...asked) => new DateWriter(readDateOptions(...asked)));
export function localeDate(time, locales, options, required, defaults) {
  const writer = writerFor(locales, options, required, defaults);
  return time === time ? whole(writer.parts(time)) : "Invalid Date";
}
