// Time zones: how far from UTC they are, and what languages call them.
import { ops } from "internal:core/ops";
import { core, table } from "internal:intl/tables";

const OFFSET = /^([+-])([01]\d|2[0-3])(?::?([0-5]\d))?$/;
const two = (number) => `${number}`.padStart(2, "0");

// The zone's name as it is written, or undefined.
export function canonicalZone(name) {
  if (/^(etc\/)?(utc|uct|gmt([+-]?0)?|zulu|universal|greenwich)$/i.test(name)) return "UTC";
  const match = name.match(OFFSET);
  if (match) return undefined;
  const found = ops.zone_offset(name, 0)?.[2];
  // CLDR keeps the first name that a zone had.
  return found === undefined ? undefined : core().aliases[found] ?? found;
}

export function offsetOf(zone, time) {
  if (zone === "UTC") return { east: 0, summer: false };
  const [east, , , summer] = ops.zone_offset(zone, time);
  return { east, summer };
}

function metazoneOf(zone, time) {
  const list = core().meta[zone];
  if (list === undefined) return undefined;
  const when = new Date(time).toISOString().slice(0, 16).replace("T", " ");
  return list.find(([, from, to]) => (from === "" || from <= when) && (to === "" || when < to))?.[0];
}

// GMT+1, or GMT+01:00 when long.
function offsetText(of, east, isLong, figure) {
  const size = Math.abs(east);
  const [hours, minutes, seconds] = [Math.floor(size / 3600), Math.floor(size / 60) % 60, size % 60];
  const pattern = of.hf.split(";")[east < 0 ? 1 : 0];
  const between = pattern.match(/H+(.*?)m+/)[1];
  let text = figure(isLong ? two(hours) : `${hours}`);
  if (isLong || minutes > 0 || seconds > 0) text += between + figure(two(minutes));
  if (seconds > 0) text += between + figure(two(seconds));
  // What a pattern has behind the minutes goes with them.
  return of.gf.replace("{0}", pattern.replace(isLong || minutes > 0 || seconds > 0 ? /H+.*m+/ : /H+.*$/, text));
}

function named(of, zone, meta, width, kind) {
  return of.z[zone]?.[width]?.[kind] ?? (meta === undefined ? undefined : of.m[meta]?.[width]?.[kind]);
}

// A country with one zone gives its name, others have cities.
function place(of, zone, data) {
  const country = core().places[zone];
  const name = country && table("names", data).r.d[country];
  return name ?? of.z[zone]?.c ?? zone.slice(zone.lastIndexOf("/") + 1).replace(/_/g, " ");
}

const HALF_YEAR = 184 * 86400000;
const movesClocks = (zone, time) => [-1, 0, 1].some((step) => offsetOf(zone, time + step * HALF_YEAR).summer);

// The name of a zone: `style` is short, long, shortOffset, longOffset, shortGeneric or longGeneric.
export function zoneName(data, zone, time, style, figure) {
  const of = table("zones", data);
  const { east, summer } = offsetOf(zone, time);
  if (zone === "UTC" && (style === "short" || style === "long")) {
    const name = of.z["Etc/UTC"]?.[style[0]]?.s;
    if (name !== undefined || style === "short") return name ?? "UTC";
  }
  if (style === "shortOffset" || style === "longOffset") return offsetText(of, east, style === "longOffset", figure);
  const meta = metazoneOf(zone, time);
  const width = style[0] === "l" ? "l" : "s";
  const kind = style.endsWith("Generic") ? "g" : summer ? "d" : "s";
  const name = named(of, zone, meta, width, kind);
  if (kind !== "g") return name ?? offsetText(of, east, width === "l", figure);
  if (zone === "UTC") return offsetText(of, 0, width === "l", figure);
  if (!movesClocks(zone, time)) {
    // A zone that does not move its clocks has its standard name in general.
    const standard = named(of, zone, meta, width, "s");
    return standard === undefined || standard === name ? of.rf.replace("{0}", place(of, zone, data)) : standard;
  }
  return name ?? of.rf.replace("{0}", place(of, zone, data));
}
