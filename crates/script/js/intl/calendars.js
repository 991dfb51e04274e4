// Days of calendars: the year, month and day of a moment, by the face of a clock in UTC.

import { core } from "internal:intl/tables";

const DAY = 86400000;

function gregory(time) {
  const date = new Date(time);
  const year = date.getUTCFullYear();
  return { extended: year, year: year > 0 ? year : 1 - year, era: year > 0 ? 1 : 0, month: date.getUTCMonth(), day: date.getUTCDate() };
}

const JAPANESE = [[236, 2019, 4, 1], [235, 1989, 0, 8], [234, 1926, 11, 25], [233, 1912, 6, 30], [232, 1868, 8, 8]];

function japanese(time) {
  const of = gregory(time);
  for (const [era, year, month, day] of JAPANESE) {
    if (of.extended > year || (of.extended === year && (of.month > month || (of.month === month && of.day >= day)))) {
      return { ...of, era, year: of.extended - year + 1 };
    }
  }
  return of;
}

// The Persian year begins at the day of the equinox; the 33-year cycle is right for the years 1178 to 1633.
function persian(time) {
  const days = Math.floor(time / DAY) + 2440588 - 1948320;
  const starts = (year) => 365 * (year - 1) + Math.floor((8 * year + 21) / 33);
  let year = Math.floor((33 * days + 3) / 12053) + 1;
  while (starts(year) > days) year--;
  while (starts(year + 1) <= days) year++;
  const of = days - starts(year);
  const month = of < 216 ? Math.floor(of / 31) : Math.floor((of - 6) / 30);
  const first = month <= 6 ? 31 * month : 30 * month + 6;
  return { extended: year, year, era: 0, month, day: of - first + 1 };
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
    return { extended: year, year, era: year > 0 ? 0 : 1, month, day };
  };
}

const civil = islamic(1948440);

// A list of observations for the years 1300 to 1600; the tabular calendar before and after them.
function ummAlQura(time) {
  const { first, years } = core().hijri;
  let rest = Math.floor(time / DAY) - first;
  if (rest < 0) return civil(time);
  for (let at = 0; at < years.length; at++) {
    for (let month = 0; month < 12; month++) {
      const days = years[at] & (1 << month) ? 30 : 29;
      if (rest < days) return { extended: 1300 + at, year: 1300 + at, era: 0, month, day: rest + 1 };
      rest -= days;
    }
  }
  return civil(time);
}
const calendars = {
  __proto__: null, gregory, iso8601: gregory, japanese, persian,
  buddhist(time) {
    const of = gregory(time);
    return { ...of, era: 0, year: of.extended + 543 };
  },
  "islamic-civil": civil, "islamic-tbla": islamic(1948439), "islamic-umalqura": ummAlQura,
};

export const CALENDARS = Object.keys(calendars);

export const tableOf = (calendar) => (calendar.startsWith("islamic") ? "islamic" : calendar === "gregory" || calendar === "iso8601" ? undefined : calendar);

// What a clock shows whose face is that of UTC at `time`.
export function faceOf(calendar, time) {
  const date = new Date(time);
  return {
    ...calendars[calendar](time), weekday: date.getUTCDay(), hour: date.getUTCHours(), minute: date.getUTCMinutes(), second: date.getUTCSeconds(),
    milli: date.getUTCMilliseconds(),
  };
}
