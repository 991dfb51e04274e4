// The figures of dates that are not a numbering system's digits: Hebrew letters, Chinese days of the month.
import { figuresOf } from "internal:intl/tables";

const HEBREW = [
  [400, "ת"], [300, "ש"], [200, "ר"], [100, "ק"], [90, "צ"], [80, "פ"], [70, "ע"], [60, "ס"], [50, "נ"], [40, "מ"], [30, "ל"], [20, "כ"], [16, "טז"],
  [15, "טו"], [10, "י"], [9, "ט"], [8, "ח"], [7, "ז"], [6, "ו"], [5, "ה"], [4, "ד"], [3, "ג"], [2, "ב"], [1, "א"],
];

// A single letter has a mark behind it, of several the last one has a double mark in front.
function hebrew(number) {
  if (number < 1 || number > 9999) return undefined;
  const thousands = Math.floor(number / 1000);
  let rest = number % 1000;
  let letters = "";
  for (const [worth, letter] of HEBREW) {
    while (rest >= worth) {
      letters += letter;
      rest -= worth;
    }
  }
  const marked = letters.length > 1 ? `${letters.slice(0, -1)}״${letters.slice(-1)}` : letters === "" ? "" : `${letters}׳`;
  return (thousands === 0 ? "" : `${hebrew(thousands)}${letters === "" ? " אלפים" : ""}`) + marked;
}

const CHINESE = [..."〇一二三四五六七八九"];
function chineseDay(number) {
  if (number < 1 || number > 31) return undefined;
  const unit = number % 10;
  if (number <= 10) return `初${unit === 0 ? "十" : CHINESE[unit]}`;
  const tens = number < 20 ? "十" : number === 20 ? "二十" : number < 30 ? "廿" : number === 30 ? "三十" : "卅";
  return unit === 0 ? tens : tens + CHINESE[unit];
}

const ROMAN = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii"];

const written = {
  __proto__: null,
  hebr: hebrew, hanidays: chineseDay, romanlow: (number) => ROMAN[number - 1],
  jpanyear: (number) => (number === 1 ? "元" : `${number}`),
};

// For a pattern's rule such as `d=hanidays`, or `hebr` for all of its fields: what a field's number looks like, or undefined when it
// is written as ever.
export function dateFigures(rule) {
  if (rule === null || rule === undefined) return () => undefined;
  const [left, right] = rule.split("=");
  const [letter, system] = right === undefined ? [undefined, left] : [left, right];
  const write = written[system];
  const figure = write === undefined ? figuresOf(system) : undefined;
  return (of, number, least) => {
    if (letter !== undefined && letter !== of) return undefined;
    return write === undefined ? figure(`${number}`.padStart(least, "0")) : write(number);
  };
}
