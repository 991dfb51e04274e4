// Intl.DateTimeFormat.
import { faceOf } from "internal:intl/calendars";
import { LETTERS, readDateOptions, replacedHour } from "internal:intl/date_options";
import { fill, pieces, skeletonOf, written } from "internal:intl/date_patterns";
import { finish, keeper } from "internal:intl/locales";
import { textOf } from "internal:intl/number_writer";
import { core } from "internal:intl/tables";
import { offsetOf, zoneName } from "internal:intl/zones";

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
    const { table: of } = this.settings;
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
      return this.halves(pieces(fill(of.dtf[2], times, written(this.partOf(0, 5)))), first, last);
    }
    if (!date) return both(this.found(`yMd${this.skeleton(5, 11)}`));
    const letter = { era: "G", extended: "y", month: "M", day: "d" }[differing];
    const shown = { G: 0, y: 1, M: 2, d: 4 }[letter];
    const smallest = fields[4] || fields[3] || time ? 4 : fields[2] ? 2 : fields[1] ? 1 : 0;
    if (shown > smallest) return one();
    // What differs is shown, and what lies between that and what is shown anyway.
    const largest = fields[1] ? 1 : fields[2] ? 2 : 4;
    const added = (fields[4] === undefined || (fields[3] !== undefined && fields[2] === undefined)) && !time ? "" : [[1, "y"], [2, "M"], [4, "d"]].filter(([at]) => at >= shown && at <= largest && fields[at] === undefined).map(([, name]) => name).join("");
    const wider = added === "" && !time ? this.list : this.found(added + this.skeleton(0, 11, time));
    if (time) return both(wider);
    const pattern = this.interval(skeletonOf(added + this.skeleton(0, 11)), 0, 5, letter);
    const alone = this.list.length === 1 && this.list[0].letter === "L";
    return pattern === undefined || alone ? both(wider) : this.halves(pieces(pattern), first, last);
  }

  // Where dates alone differ, numbers are as long as their language has them.
  skeleton(from, to, exact = false) {
    const fields = skeletonOf(written(this.list));
    const length = (field) => (!exact && field.length < 3 && !/^[ySzvO]$/.test(field.letter) ? 1 : field.length);
    return fields.map((field, at) => (field && !field.added && field.letter !== "O" && at >= from && at < to ? field.letter.repeat(length(field)) : "")).join("").replace(/L/g, "M").replace(/c/g, "E");
  }

  // The pieces of the pattern for those of the fields.
  partOf(from, to) { return this.found(this.skeleton(from, to)); }

  found(skeletonText) {
    const pattern = this.settings.patterns.findUsual(skeletonText);
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
