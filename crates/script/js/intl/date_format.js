// Intl.DateTimeFormat.
import { faceOf, relatedYear } from "internal:intl/calendars";
import { dateFigures } from "internal:intl/date_figures";
import { LETTERS, readDateOptions, replacedHour } from "internal:intl/date_options";
import { fill, pieces, skeletonOf, written } from "internal:intl/date_patterns";
import { finish, keeper } from "internal:intl/locales";
import { marked, systemOf, textOf } from "internal:intl/number_writer";
import { calendarTable, core, figuresOf } from "internal:intl/tables";
import { offsetOf, zoneName } from "internal:intl/zones";

const PART = {
  G: "era", y: "year", Y: "year", u: "year", r: "relatedYear", U: "yearName", M: "month", L: "month", E: "weekday", c: "weekday", e: "weekday", d: "day",
  a: "dayPeriod", b: "dayPeriod", B: "dayPeriod", h: "hour", H: "hour", k: "hour", K: "hour", m: "minute", s: "second", S: "fractionalSecond",
  z: "timeZoneName", v: "timeZoneName", O: "timeZoneName", V: "timeZoneName", Z: "timeZoneName", X: "timeZoneName", x: "timeZoneName",
};
// What stands between fields is one literal.
function joined(parts) {
  const made = [];
  for (const part of parts) {
    const last = made[made.length - 1];
    if (part.type === "literal" && last?.type === "literal") last.value += part.value;
    else if (part.value !== "") made.push({ ...part });
  }
  return made;
}

// Of which moment a part of a range is. What has fields that are there twice, the first time, is the start's, and the second time
// the end's; the rest belongs to both. `letters` has the pattern's letter of each part that is a field.
function sourced(parts, letters) {
  const [start, end] = [[Infinity, -1], [Infinity, -1]];
  letters.forEach((letter, at) => {
    const again = letter === undefined ? -1 : letters.indexOf(letter, at + 1);
    if (again < 0) return;
    for (const [span, index] of [[start, at], [end, again]]) {
      span[0] = Math.min(span[0], index);
      span[1] = Math.max(span[1], index);
    }
  });
  const within = ([from, to], at) => at >= from && at <= to;
  const list = parts.map((part, at) => ({ ...part, source: within(start, at) ? "startRange" : within(end, at) ? "endRange" : "shared" }));
  return joined(list);
}

const width = (length) => (length === 4 ? "w" : length === 5 ? "n" : "a");

class DateWriter {
  constructor(settings) {
    this.settings = settings;
    this.list = pieces(settings.pattern);
    this.figure = figuresOf(settings.system);
    this.special = dateFigures(settings.figures);
  }

  number(value, least, letter) {
    if (letter !== undefined && value >= 0) {
      const special = this.special(letter, value, least);
      if (special !== undefined) return special;
    }
    const digits = this.figure(`${Math.abs(value)}`.padStart(least, "0"));
    return value < 0 ? systemOf(this.settings).sy.mi + digits : digits;
  }

  // A year as letters has no thousands while they are this millennium's.
  year(face, length) {
    const { year } = face;
    const shown = this.settings.figures === "hebr" && year > 5000 && year < 6000 ? year - 5000 : year;
    return length === 2 ? this.number(shown < 0 ? -(-shown % 100) : shown % 100, 2, "y") : this.number(shown, length, "y");
  }

  // Old eras of Japan have one name for all widths, and it is English where a language has none.
  era({ era }, size) {
    const { calendar, table: { er } } = this.settings;
    if (calendar === "chinese" || calendar === "dangi") return this.number(era, 1);
    const name = er[size]?.[era] ?? er.a?.[era];
    return name ?? (calendar === "japanese" ? calendarTable("japanese", "en").er.a[era] : "");
  }

  month(face, letter, length) {
    const { table: of } = this.settings;
    const name = (letter === "M" ? "f" : "s") + width(length);
    const text = length > 2 ? of.mo[name][face.month] : this.number(face.number, length, "M");
    return face.leap && of.lm !== undefined ? of.lm[length > 2 ? name : "n"].replace("{0}", text) : text;
  }

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
    // Noon is one where minutes are not shown, or are none. Node knows no midnight here.
    const shows = (field) => this.list.some((piece) => piece.letter === field);
    const isNoon = face.hour === 12 && (face.minute === 0 || !shows("m")) && (face.second === 0 || !shows("s"));
    if (isNoon && rules.some(([name]) => name === "noon") && names.noon !== undefined) return names.noon;
    if (letter === "b") return names[half];
    const { hour } = face;
    const found = rules.find(([, from, before]) => before !== undefined && (from < before ? hour >= from && hour < before : hour >= from || hour < before));
    return (found && names[found[0]]) ?? names[half];
  }

  field({ letter, length }, face) {
    const { table: of } = this.settings;
    switch (letter) {
      case "G": return this.era(face, width(length));
      case "y": case "Y": return this.year(face, length);
      case "u": return this.number(face.extended, length, letter);
      case "r": return this.number(relatedYear(this.settings.calendar, face), length, letter);
      case "U": return of.cy?.[face.year - 1] ?? this.year(face, length);
      case "M": case "L": return this.month(face, letter, length);
      case "E": case "e": case "c": return of.da[(letter === "c" ? "s" : "f") + width(length)][face.weekday];
      case "d": return this.number(face.day, length, letter);
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
    return zoneName(data, zone, time, style, this.figure);
  }

  partsOf(list, face) {
    return joined(list.map((piece) => this.partFor(piece, face)));
  }

  partFor(piece, face) {
    return piece.text === undefined ? { type: PART[piece.letter] ?? "literal", value: this.field(piece, face) } : { type: "literal", value: piece.text };
  }

  parts(time) { return this.partsOf(this.list, this.face(time)); }

  // [parts of a range], or one moment's when nothing that is shown differs.
  range(start, end) {
    const { table: of } = this.settings;
    const [first, last] = [this.face(start), this.face(end)];
    const one = () => marked(this.partsOf(this.list, first), "shared");
    const fields = skeletonOf(written(this.list));
    const time = fields.slice(5).some((field) => field !== undefined);
    const date = fields.slice(0, 5).some((field) => field !== undefined);
    const differing = ["era", "extended", "month", "day"].find((name) => first[name] !== last[name]);
    const both = (list) => {
      const [, before, between, after] = of.iv.intervalFormatFallback.match(/^(.*)\{0\}(.*)\{1\}(.*)$/s);
      return this.sourcedParts([[[{ text: before }, ...list, { text: between }], first], [[...list, { text: after }], last]]);
    };
    if (differing === undefined) {
      if (!time) return one();
      const smaller = [["hour", "a"], ["minute", "m"], ["second", "s"], ["milli", "S"]].find(([name]) => first[name] !== last[name]);
      if (smaller === undefined) return one();
      const shownTo = fields[9] ? 3 : fields[8] ? 2 : fields[7] ? 1 : fields[6] ? 0 : -1;
      if (["hour", "minute", "second", "milli"].indexOf(smaller[0]) > shownTo) return one();
      const isHalf = fields[5] !== undefined && (fields[6].letter === "h" || fields[6].letter === "K");
      const half = fields[5]?.letter === "B" ? "B" : "a";
      const isSame = half === "a" ? (first.hour < 12) === (last.hour < 12) : this.period(first, "B", 4) === this.period(last, "B", 4);
      const letter = smaller[0] === "hour" ? (isHalf ? (isSame ? "h" : half) : "H") : smaller[1];
      const pattern = letter === "s" || letter === "S" ? undefined : this.interval(fields, 5, 11, letter);
      if (pattern === undefined && !date) return both(this.list);
      const times = pattern ?? fill(of.iv.intervalFormatFallback, written(this.partOf(5, 11)), written(this.partOf(5, 11)));
      if (!date) return this.halves(pieces(times), first, last);
      return this.halves(pieces(fill(of.dtf[2], times, written(this.found(this.skeleton(0, 5, true))))), first, last);
    }
    if (!date) return both(this.found(`yMd${this.skeleton(5, 11)}`));
    const letter = { era: "G", extended: "y", month: "M", day: "d" }[differing];
    const shown = { G: 0, y: 1, M: 2, d: 4 }[letter];
    const smallest = fields[4] || fields[3] || time ? 4 : fields[2] ? 2 : fields[1] ? 1 : 0;
    if (shown > smallest) return one();
    // What differs is shown, and what lies between that and what is shown anyway.
    const largest = fields[1] ? 1 : fields[2] ? 2 : 4;
    const added = (fields[4] === undefined || (fields[3] !== undefined && fields[2] === undefined)) && !time ? "" : [[1, "y"], [2, "M"], [4, "d"]].filter(([at]) => at >= shown && at <= largest && fields[at] === undefined).map(([, name]) => name).join("");
    const wider = (added === "" && !time) || this.list.some((piece) => piece.letter === "c") ? this.list : this.found(added + this.skeleton(0, 11, time));
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
    // Languages have patterns of ranges for years that are numbers.
    if (from === 0 && (/^[rU]$/.test(fields[1]?.letter) || this.list.some((piece) => piece.letter === "c") || (fields[1] !== undefined && this.list.some((piece) => piece.letter === "L")))) return undefined;
    const wanted = fields.map((field, at) => (at >= from && at < to ? field : undefined));
    let best;
    for (const key of Object.keys(of.iv)) {
      if (of.iv[key][letter] === undefined || key === "intervalFormatFallback") continue;
      if (key.includes("B") !== (wanted[5]?.letter === "B")) continue;
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
      // Fields are as long as in the pattern, or longer where the script asks for it.
      const own = field !== undefined && key !== undefined && (piece.letter === key.letter || (piece.letter === "L" && key.letter === "M"));
      if (!own || piece.length !== key.length || field.length <= key.length || /^[ma]$/.test(piece.letter)) return piece;
      return { letter: piece.letter, length: field.length };
    }));
  }

  // The second moment begins with the first field that is there again.
  halves(list, first, last) {
    const seen = new Set();
    let cut = list.findIndex(({ letter }) => letter !== undefined && (seen.has(letter) || !seen.add(letter)));
    if (cut < 0) cut = list.length;
    return this.sourcedParts([[list.slice(0, cut), first], [list.slice(cut), last]]);
  }

  // The parts of lists with the face of each.
  sourcedParts(sides) {
    const list = [];
    const letters = [];
    for (const [pieces_, face] of sides) {
      for (const piece of pieces_) {
        list.push(this.partFor(piece, face));
        letters.push(piece.letter);
      }
    }
    return sourced(list, letters);
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
  ["weekday", /^[Ec]$/], ["era", /^G$/], ["year", /^y$/], ["month", /^[ML]$/], ["day", /^d$/], ["dayPeriod", /^B$/], ["hour", /^[hHkK]$/],
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
  formatRange(start, end) {
    const parts = this.formatRangeToParts(start, end);
    // Where nothing differs it is the text of one moment.
    return parts.every(({ source }) => source === "shared") ? whole(parts) : textOf(parts);
  }
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
      // An era that is there because the calendar needs one is not told.
      if (piece !== undefined && !(name === "era" && piece.length < 3)) resolved[name] = resolvedField(name, piece);
    }
    if (settings.dateStyle !== undefined) resolved.dateStyle = settings.dateStyle;
    if (settings.timeStyle !== undefined) resolved.timeStyle = settings.timeStyle;
    return resolved;
  }
}

export const DateTimeFormat = finish(Formatter, "DateTimeFormat", 0, true);

const writerFor = keeper((...asked) => new DateWriter(readDateOptions(...asked)));
export function localeDate(time, locales, options, required, defaults) {
  const writer = writerFor(locales, options, required, defaults);
  return time === time ? whole(writer.parts(time)) : "Invalid Date";
}
