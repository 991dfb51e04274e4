// A date's text in en-US, with the options of Intl.DateTimeFormat, as Node 12 writes it.
import { ops } from "internal:core/ops";
import {
  DateCtor, RangeErrorCtor, StringCtor, TypeErrorCtor, abs, floor, uncurryThis,
} from "internal:core/primordials";

const padStart = uncurryThis(StringCtor.prototype.padStart);
const slice = uncurryThis(StringCtor.prototype.slice);
const indexOf = uncurryThis(StringCtor.prototype.indexOf);
const getTime = uncurryThis(DateCtor.prototype.getTime);
const getTimezoneOffset = uncurryThis(DateCtor.prototype.getTimezoneOffset);
const fields = {};
for (const name of ["FullYear", "Month", "Date", "Day", "Hours", "Minutes", "Seconds"]) {
  fields[name] = uncurryThis(DateCtor.prototype[`getUTC${name}`]);
}

const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const widths = ["narrow", "short", "long"];
const sizes = ["2-digit", "numeric"];
const allowed = {
  __proto__: null, weekday: widths, era: widths, year: sizes, month: ["2-digit", "numeric", "narrow", "short", "long"], day: sizes,
  hour: sizes, minute: sizes, second: sizes, timeZoneName: ["short", "long"], hourCycle: ["h11", "h12", "h23", "h24"],
  dateStyle: ["full", "long", "medium", "short"], timeStyle: ["full", "long", "medium", "short"],
};
const styledDates = {
  __proto__: null, full: { weekday: "long", year: "numeric", month: "long", day: "numeric" },
  long: { year: "numeric", month: "long", day: "numeric" }, medium: { year: "numeric", month: "short", day: "numeric" },
  short: { year: "2-digit", month: "numeric", day: "numeric" },
};
const styledTimes = {
  __proto__: null, full: { hour: "numeric", minute: "2-digit", second: "2-digit", timeZoneName: "long" },
  long: { hour: "numeric", minute: "2-digit", second: "2-digit", timeZoneName: "short" },
  medium: { hour: "numeric", minute: "2-digit", second: "2-digit" }, short: { hour: "numeric", minute: "2-digit" },
};
const defaultDate = { year: "numeric", month: "numeric", day: "numeric" };
const defaultTime = { hour: "numeric", minute: "2-digit", second: "2-digit" };

function read(given) {
  if (given === null) throw new TypeErrorCtor("Cannot convert undefined or null to object");
  const options = given ?? {};
  const wanted = { __proto__: null };
  for (const name in allowed) {
    const value = options[name];
    if (value === undefined) continue;
    let known = false;
    for (let i = 0; i < allowed[name].length; i++) known ||= allowed[name][i] === `${value}`;
    if (!known) throw new RangeErrorCtor(`Value ${value} out of range for Intl.DateTimeFormat options property ${name}`);
    wanted[name] = `${value}`;
  }
  if (options.hour12 !== undefined) wanted.hour12 = !!options.hour12;
  if (options.timeZone !== undefined) wanted.timeZone = `${options.timeZone}`;
  return wanted;
}

function fill(wanted, defaults) {
  for (const name in defaults) wanted[name] ??= defaults[name];
}

// `required` and `defaults` are "date", "time" or "any" and "all", as in ECMA-402's ToDateTimeOptions.
function complete(wanted, required, defaults) {
  const { dateStyle, timeStyle } = wanted;
  if (dateStyle !== undefined || timeStyle !== undefined) {
    if ((dateStyle !== undefined && required === "time") || (timeStyle !== undefined && required === "date")) {
      throw new TypeErrorCtor(`Invalid option : ${required === "time" ? "dateStyle" : "timeStyle"}`);
    }
    fill(wanted, styledDates[dateStyle]);
    fill(wanted, styledTimes[timeStyle]);
    return;
  }
  const { weekday, year, month, day, hour, minute, second } = wanted;
  const hasDate = (weekday ?? year ?? month ?? day) !== undefined;
  const hasTime = (hour ?? minute ?? second) !== undefined;
  if ((required !== "time" && hasDate) || (required !== "date" && hasTime)) return;
  if (defaults !== "time") fill(wanted, defaultDate);
  if (defaults !== "date") fill(wanted, defaultTime);
}

// The same clock face in UTC, and the zone's names.
function faceOf(when, timeZone) {
  const millis = getTime(when);
  if (timeZone === undefined) {
    const east = -60 * getTimezoneOffset(when);
    return { face: new DateCtor(millis + 1000 * east), east, short: east === 0 ? "UTC" : "" };
  }
  const zone = ops.zone_offset(timeZone, millis);
  if (zone === null) throw new RangeErrorCtor(`Invalid time zone specified: ${timeZone}`);
  return { face: new DateCtor(millis + 1000 * zone[0]), east: zone[0], short: zone[1], name: zone[2] };
}

const two = (number) => padStart(`${number}`, 2, "0");
const sized = (number, size) => (size === "2-digit" ? two(number % 100) : `${number}`);

function named(list, index, width) {
  if (width === "long") return list[index];
  return slice(list[index], 0, width === "narrow" ? 1 : 3);
}

function dateText(face, { weekday, year, month, day }) {
  const dayName = weekday && named(DAYS, fields.Day(face), weekday);
  const yearText = year && sized(fields.FullYear(face), year);
  const dayText = day && sized(fields.Date(face), day);
  if (month === undefined) {
    if (dayText !== undefined && dayName !== undefined && yearText === undefined) return `${dayText} ${dayName}`;
    return joined([dayText, yearText, dayName], " ");
  }
  if (month === "numeric" || month === "2-digit") {
    return joined([dayName, joined([sized(fields.Month(face) + 1, month), dayText, yearText], "/")], ", ");
  }
  const monthDay = joined([named(MONTHS, fields.Month(face), month), dayText], " ");
  if (dayText === undefined) return joined([dayName, joined([monthDay, yearText], " ")], ", ");
  return joined([dayName, monthDay, yearText], ", ");
}

function joined(parts, separator) {
  let text;
  for (let i = 0; i < parts.length; i++) {
    if (parts[i] === undefined || parts[i] === "") continue;
    text = text === undefined ? parts[i] : text + separator + parts[i];
  }
  return text ?? "";
}

function cycleOf({ hour12, hourCycle }) {
  if (hour12 !== undefined) return hour12 ? "h12" : "h24";
  return hourCycle ?? "h12";
}

function timeText(face, wanted, zone) {
  const { hour, minute, second, timeZoneName } = wanted;
  const hours = fields.Hours(face);
  const cycle = cycleOf(wanted);
  const half = cycle === "h12" || cycle === "h11";
  const shown = cycle === "h12" ? hours % 12 || 12 : cycle === "h11" ? hours % 12 : cycle === "h24" ? hours || 24 : hours;
  const alone = hour === undefined;
  const parts = [
    hour && (hour === "2-digit" || !half ? two(shown) : `${shown}`),
    minute && (alone && second === undefined ? `${fields.Minutes(face)}` : two(fields.Minutes(face))),
    second && (alone && minute === undefined ? `${fields.Seconds(face)}` : two(fields.Seconds(face))),
  ];
  return joined([joined(parts, ":"), !alone && half ? (hours < 12 ? "AM" : "PM") : "", timeZoneName && zoneText(zone, timeZoneName)], " ");
}

const AMERICAN = " EST EDT CST CDT MST MDT PST PDT AKST AKDT HST ";

function zoneText({ east, short, name }, width) {
  if (east === 0 && (short === "UTC" || short === "GMT")) return width === "long" ? "Coordinated Universal Time" : "UTC";
  if (indexOf(AMERICAN, ` ${short} `) >= 0 && (name === undefined || indexOf(name, "America/") === 0 || indexOf(name, "US/") === 0 || indexOf(name, "Pacific/") === 0)) return short;
  if (east === 0) return "GMT";
  const minutes = floor(abs(east) / 60);
  return `GMT${east < 0 ? "-" : "+"}${floor(minutes / 60)}${minutes % 60 === 0 ? "" : `:${two(minutes % 60)}`}`;
}

// `required` and `defaults` say which of the three methods asks.
export function localeDate(when, options, required, defaults) {
  const wanted = read(options);
  complete(wanted, required, defaults);
  if (getTime(when) !== getTime(when)) return "Invalid Date";
  const zone = faceOf(when, wanted.timeZone);
  const long = wanted.dateStyle === "full" || wanted.dateStyle === "long";
  const date = dateText(zone.face, wanted);
  const time = timeText(zone.face, wanted, zone);
  return joined([date, time], long ? " at " : ", ");
}
