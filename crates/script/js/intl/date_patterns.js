// Which pattern of a language shows the fields that a script asks for: the algorithm of UTS 35, Missing Skeleton Fields, as
// ICU has it in its pattern generator.

// Fields in their order, and the letters of each with the weight of a length. Letters of one field that are near each other
// can stand for each other; below zero are texts, above it numbers.
const NARROW = -0x101;
const SHORTER = -0x102;
const SHORT = -0x103;
const LONG = -0x104;
const NUMERIC = 0x100;
const DELTA = 0x10;
const FIELDS = ["G", "y", "M", "E", "d", "a", "H", "m", "s", "S", "z"];
const DATE = 0b11111;
// What CLDR and Intl.DisplayNames call the fields.
const ITEMS = ["Era", "Year", "Month", "Day-Of-Week", "Day", undefined, "Hour", "Minute", "Second", undefined, "Timezone"];
const FIELD_NAMES = ["era", "year", "month", "weekday", "day", "dayPeriod", "hour", "minute", "second", undefined, "timeZoneName"];

function textWeight(length, delta) {
  const base = length >= 6 ? SHORTER : length === 5 ? NARROW : length === 4 ? LONG : SHORT;
  return base - delta * DELTA;
}

function fieldOf(letter) {
  switch (letter) {
    case "G": return 0;
    case "y": case "Y": case "u": case "U": case "r": return 1;
    case "M": case "L": return 2;
    case "E": case "c": case "e": return 3;
    case "d": return 4;
    case "a": case "b": case "B": return 5;
    case "H": case "h": case "K": case "k": return 6;
    case "m": return 7;
    case "s": return 8;
    case "S": return 9;
    case "z": case "v": case "O": case "V": case "X": case "x": case "Z": return 10;
    default: return -1;
  }
}

function weight(letter, length) {
  switch (letter) {
    case "G": return textWeight(length, 0);
    case "y": return NUMERIC + length;
    case "Y": return NUMERIC + DELTA + length;
    case "u": return NUMERIC + 2 * DELTA + length;
    case "r": return NUMERIC + 3 * DELTA + length;
    case "U": return textWeight(length, 0);
    case "M": return length > 2 ? textWeight(length, 0) : NUMERIC + length;
    case "L": return length > 2 ? textWeight(length, 1) : NUMERIC + DELTA + length;
    case "E": return textWeight(length, 0);
    case "c": return length > 2 ? textWeight(length, 2) : NUMERIC + 2 * DELTA + length;
    case "e": return length > 2 ? textWeight(length, 1) : NUMERIC + DELTA + length;
    case "d": return NUMERIC + length;
    case "a": return textWeight(length, 0);
    case "b": return textWeight(length, 1);
    case "B": return textWeight(length, 3);
    case "H": return NUMERIC + 10 * DELTA + length;
    case "k": return NUMERIC + 11 * DELTA + length;
    case "h": return NUMERIC + length;
    case "K": return NUMERIC + DELTA + length;
    case "m": case "s": case "S": return NUMERIC + length;
    case "z": return textWeight(length < 4 ? 1 : 4, 0);
    case "v": return textWeight(length < 4 ? 1 : 4, 2);
    case "O": return textWeight(length < 4 ? 1 : 4, 1);
    default: return textWeight(length < 4 ? 1 : 4, 3);
  }
}

// A pattern's pieces: `{ letter, length }` of a field, or `{ text }`.
export function pieces(pattern) {
  const made = [];
  let text = "";
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i];
    if (c === "'") {
      if (pattern[i + 1] === "'") {
        text += "'";
        i++;
        continue;
      }
      for (i++; i < pattern.length; i++) {
        if (pattern[i] !== "'") text += pattern[i];
        else if (pattern[i + 1] === "'") {
          text += "'";
          i++;
        } else break;
      }
    } else if (/[A-Za-z]/.test(c)) {
      let end = i;
      while (pattern[end] === c) end++;
      if (text !== "") made.push({ text });
      text = "";
      made.push({ letter: c, length: end - i });
      i = end - 1;
    } else text += c;
  }
  if (text !== "") made.push({ text });
  return made;
}

export const written = (list) => list.map((piece) => (piece.text === undefined ? piece.letter.repeat(piece.length)
  : piece.text.replace(/'/g, "''").replace(/[A-Za-z]+/g, "'$&'"))).join("");

// The fields of a skeleton or pattern: for each its letter, length and weight.
export function skeletonOf(pattern) {
  const fields = [];
  for (const { letter, length, text } of pieces(pattern)) {
    const at = text === undefined ? fieldOf(letter) : -1;
    if (at >= 0 && (fields[at] === undefined || at === 5)) fields[at] = { letter, length, weight: weight(letter, length) };
  }
  const hour = fields[6];
  if (hour !== undefined) {
    if (hour.letter === "h" || hour.letter === "K") fields[5] ??= { letter: "a", length: 1, weight: weight("a", 1), added: true };
    else delete fields[5];
  }
  return fields;
}

const canonicalBase = (fields) => FIELDS.map((_, at) => fields[at]).filter((field) => field !== undefined && !field.added)
  .map(({ letter, length }) => letter.repeat(/[yMdHhKkmsSEL]/.test(letter) && length < 3 ? 1 : length)).join("");

export class Patterns {
  // `calendar` is a language's table of a calendar; `hour` its usual letter for hours; `nameOf` says the name of a field.
  constructor(calendar, hour, decimal, nameOf) {
    this.calendar = calendar;
    this.nameOf = nameOf;
    this.decimal = decimal;
    this.keepsHours = false;
    this.hour = hour;
    this.known = new Map();
    this.bases = new Set();
    for (const letter of [...FIELDS, "B", "v"]) this.add(letter, letter, false);
    for (const pattern of [...calendar.df, ...calendar.tf]) this.add(pattern, pattern, false);
    for (const key of Object.keys(calendar.av)) this.add(key, calendar.av[key], true);
    // The map of ICU goes by the first letter.
    const order = (entry) => entry.base.charCodeAt(0);
    this.list = [...this.known.values()].sort((a, b) => order(a) - order(b));
  }

  add(key, pattern, specified) {
    const fields = skeletonOf(key);
    const base = canonicalBase(fields);
    if (!specified && this.bases.has(base)) return;
    this.bases.add(base);
    const exact = fields.map((field) => (field === undefined || field.added ? "" : field.letter.repeat(field.length))).join("");
    if (!this.known.get(exact)?.specified) this.known.set(exact, { fields, pattern, specified, base });
  }

  // The nearest pattern for the fields of `mask`.
  best(wanted, mask) {
    let best;
    for (const entry of this.list) {
      let distance = 0;
      let missing = 0;
      let extra = 0;
      for (let at = 0; at < FIELDS.length; at++) {
        const asked = mask & (1 << at) ? wanted[at]?.weight ?? 0 : 0;
        const there = entry.fields[at]?.weight ?? 0;
        if (asked === there) continue;
        if (asked === 0) {
          distance += 0x10000;
          extra |= 1 << at;
        } else if (there === 0) {
          distance += 0x1000;
          missing |= 1 << at;
        } else distance += Math.abs(asked - there);
      }
      if (best === undefined || distance < best.distance || (distance === best.distance && best.missing < missing)) {
        best = { entry, distance, missing, extra };
        if (distance === 0) break;
      }
    }
    return best;
  }

  // The pattern with its fields as long as asked for.
  adjusted({ pattern, fields, specified }, wanted, fraction, bare) {
    const list = pieces(pattern).map((piece) => {
      const at = piece.text === undefined ? fieldOf(piece.letter) : -1;
      const asked = at < 0 ? undefined : wanted[at];
      if (asked === undefined) return piece;
      let askedLength = asked.length;
      if (asked.letter === "E" && askedLength < 3) askedLength = 3;
      let { length } = piece;
      if (at !== 7 && at !== 8 && !(at === 6 && this.keepsHours)) {
        length = askedLength;
        if (specified && !(bare && at === 6) && asked.letter !== "c" && asked.letter !== "e") {
          const numeric = weight(piece.letter, piece.length) > 0;
          const askedNumeric = asked.weight > 0;
          if (fields[at]?.length === asked.length || numeric !== askedNumeric) ({ length } = piece);
        }
      }
      let letter = at !== 6 && at !== 2 && at !== 3 && at !== 1 ? asked.letter : piece.letter;
      if (letter === "E" && length < 3) letter = "e";
      if (at === 6 && asked.letter === this.hour) letter = this.hour;
      return { letter, length };
    });
    if (fraction === undefined) return written(list);
    const made = [];
    for (const piece of list) {
      made.push(piece);
      if (piece.letter === "s") made.push({ text: this.decimal }, { letter: "S", length: fraction });
    }
    return written(made);
  }

  appended(wanted, mask) {
    let found = this.best(wanted, mask);
    let missing = found.missing;
    let pattern = this.adjusted(found.entry, wanted);
    if (missing & (1 << 9) && mask & (1 << 8) && !(missing & (1 << 8))) {
      pattern = this.adjusted(found.entry, wanted, wanted[9].length);
      missing &= ~(1 << 9);
    }
    while (missing !== 0) {
      found = this.best(wanted, missing);
      const next = found.missing;
      if (next === missing) break;
      const fraction = next & (1 << 9) && missing & (1 << 8) && !(next & (1 << 8)) ? wanted[9].length : undefined;
      const top = 31 - Math.clz32(missing & ~next);
      const item = this.calendar.ap[ITEMS[top]] ?? "{0} {1}";
      const name = item.includes("{2}") ? written([{ text: this.nameOf(FIELD_NAMES[top]) }]) : "";
      pattern = fill(item, pattern, this.adjusted(found.entry, wanted, fraction)).replace("{2}", () => name);
      missing = fraction === undefined ? next : next & ~(1 << 9);
    }
    return pattern;
  }

  // The pattern for a skeleton, with hours as long as the language has them.
  findUsual(skeleton) {
    this.keepsHours = true;
    try {
      return this.find(skeleton);
    } finally {
      this.keepsHours = false;
    }
  }

  // The pattern for a skeleton.
  find(skeleton) {
    const wanted = skeletonOf(skeleton);
    // Between minutes and parts of a second there are seconds.
    if (wanted[7] !== undefined && wanted[9] !== undefined) wanted[8] ??= { letter: "s", length: 1, weight: weight("s", 1) };
    const found = this.best(wanted, -1);
    if (found.missing === 0 && found.extra === 0) return this.adjusted(found.entry, wanted, undefined, skeleton.includes("B") && wanted[5] === undefined && wanted[7] !== undefined);
    let mask = 0;
    wanted.forEach((_, at) => { mask |= 1 << at; });
    const date = mask & DATE;
    const time = mask & ~DATE;
    if (time === 0) return this.appended(wanted, date);
    if (date === 0) return this.appended(wanted, time);
    const month = wanted[2]?.length;
    const style = month === 4 ? (wanted[3] === undefined ? 1 : 0) : month === 3 ? 2 : 3;
    return fill(this.calendar.at[style], this.appended(wanted, time), this.appended(wanted, date));
  }
}

// {0} is the first, {1} the second; the text between is quoted as in patterns.
export function fill(glue, first, second) {
  return glue.replace(/\{([01])\}/g, (_, at) => (at === "0" ? first : second));
}
