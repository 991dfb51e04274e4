// Days of calendars: the year, month and day of a moment, by the face of a clock in UTC.
//
// `year` is counted within `era`, `extended` without eras: in calendars that count Gregorian months it is the Gregorian year. `month`
// is the place of the month's name, `number` what stands for it in digits; a leap month of the Chinese calendar has both from the
// month before, and `leap`.
import { ops } from "internal:core/ops";
import { core } from "internal:intl/tables";

const DAY = 86400000;

function gregory(time) {
  const date = new Date(time);
  const year = date.getUTCFullYear();
  const month = date.getUTCMonth();
  return { extended: year, year: year > 0 ? year : 1 - year, era: year > 0 ? 1 : 0, month, number: month + 1, day: date.getUTCDate() };
}

// The calendars beside the Gregorian one that count its months are Julian up to 4 October 1582, as in ICU.
const CUTOVER = Date.UTC(1582, 9, 15);
function christian(time) {
  if (time >= CUTOVER) return gregory(time);
  // Years from March on: a leap day ends its year.
  const days = Math.floor(time / DAY) + 719470;
  const shifted = Math.floor((4 * days + 3) / 1461);
  const rest = days - Math.floor(1461 * shifted / 4);
  const place = Math.floor((5 * rest + 2) / 153);
  const month = (place + 2) % 12;
  return { extended: shifted + (place > 9 ? 1 : 0), month, number: month + 1, day: rest - Math.floor((153 * place + 2) / 5) + 1 };
}

function japanese(time) {
  const of = christian(time);
  const { eras } = core();
  let at = eras.length - 1;
  const begun = ([, year, month, day]) => of.extended > year
    || (of.extended === year && (of.number > month || (of.number === month && of.day >= day)));
  while (at > 0 && !begun(eras[at])) at--;
  const [era, first] = eras[at];
  return { ...of, era, year: of.extended - first + 1 };
}

// Tabular: leap years 2, 5, 7, 10, 13, 16, 18, 21, 24, 26 and 29 of thirty.
function islamic(epoch) {
  return (time) => {
    const days = Math.floor(time / DAY) + 2440588 - epoch;
    const starts = (year) => (year - 1) * 354 + Math.floor((3 + 11 * year) / 30);
    let year = Math.floor((30 * days + 10646) / 10631);
    while (starts(year) > days) year--;
    while (starts(year + 1) <= days) year++;
    const of = days - starts(year);
    let month = Math.min(11, Math.floor((of + 0.5) / 29.5));
    if (Math.ceil(29.5 * month) > of) month--;
    const day = of - Math.ceil(29.5 * month) + 1;
    return { extended: year, year, era: 0, month, number: month + 1, day };
  };
}

const civil = islamic(1948440);

// A list of observations up to the year 1600; the tabular calendar before and after them.
function observed(name) {
  return (time) => {
    const { first, from, years } = core().hijri[name];
    let rest = Math.floor(time / DAY) - first;
    if (rest < 0) return civil(time);
    for (let at = 0; at < years.length; at++) {
      for (let month = 0; month < 12; month++) {
        const days = years[at] & (1 << month) ? 30 : 29;
        if (rest < days) return { extended: from + at, year: from + at, era: 0, month, number: month + 1, day: rest + 1 };
        rest -= days;
      }
    }
    return civil(time);
  };
}

// Days that crates/intl knows; `finished` says in which era a year is, and how it is counted there.
function counted(name, finished) {
  return (time) => {
    const [extended, place, number, leap, day] = ops.intl_calendar_day(name, Math.floor(time / DAY));
    return { extended, year: extended, era: 0, month: number - 1, number, day, ...finished(extended, place, number, leap) };
  };
}

const ADAR = 6;
const hasLeapMonth = (year) => ((7 * year + 1) % 19 + 19) % 19 < 7;
// Adar I has a place of its own among the names, which Adar has in leap years at their end.
const hebrew = counted("hebrew", (year, place, number, leap) => ({
  number: place, month: leap ? 5 : number < ADAR ? number - 1 : number === ADAR && hasLeapMonth(year) ? 13 : number,
}));
// The year is one of sixty, and an era has sixty years.
const lunar = (name) => counted(name, (extended, place, number, leap) => {
  const cycle = Math.floor((extended + 2636) / 60);
  return { year: extended + 2637 - 60 * cycle, era: cycle + 1, leap };
});

const sight = observed("sight");
const calendars = {
  __proto__: null,
  buddhist(time) {
    const of = christian(time);
    return { ...of, era: 0, year: of.extended + 543 };
  },
  chinese: lunar("chinese"),
  coptic: counted("coptic", (year) => (year > 0 ? { era: 1 } : { year: 1 - year })),
  dangi: lunar("dangi"),
  ethioaa: counted("ethiopic", (year) => ({ year: year + 5500 })),
  ethiopic: counted("ethiopic", (year) => (year > 0 ? { era: 1 } : { year: year + 5500 })),
  gregory, hebrew, indian: counted("indian", () => {}),
  islamic: sight, "islamic-civil": civil, "islamic-rgsa": sight, "islamic-tbla": islamic(1948439), "islamic-umalqura": observed("umalqura"),
  iso8601: gregory, japanese,
  persian: counted("persian", () => {}),
  roc(time) {
    const of = christian(time);
    const year = of.extended - 1911;
    return { ...of, ...(year > 0 ? { era: 1, year } : { era: 0, year: 1 - year }) };
  },
};

export const CALENDARS = Object.keys(calendars);

// How many years the Gregorian calendar is ahead, where a year without eras is not its own.
const AHEAD = { __proto__: null, coptic: 284, ethioaa: 8, ethiopic: 8, hebrew: -3760, indian: 79, persian: 622 };

// The Gregorian year in which the year of a day begins.
export const relatedYear = (calendar, { extended }) => extended + (AHEAD[calendar] ?? 0);

// The table that has a calendar's words and patterns.
export function tableOf(calendar) {
  if (calendar === "gregory" || calendar === "iso8601") return undefined;
  return calendar.startsWith("islamic") ? "islamic" : calendar === "ethioaa" ? "ethiopic-amete-alem" : calendar;
}

// What a clock shows whose face is that of UTC at `time`.
export function faceOf(calendar, time) {
  const date = new Date(time);
  return {
    ...calendars[calendar](time), weekday: date.getUTCDay(), hour: date.getUTCHours(), minute: date.getUTCMinutes(), second: date.getUTCSeconds(),
    milli: date.getUTCMilliseconds(),
  };
}
