// Intl.Locale.
import { ops } from "internal:core/ops";
import { canonicalTag, coerced, localeTags, option, parts, booleanOption, regionOf, bestAvailable, dataLocale, shaped, typeName } from "internal:intl/locales";
import { collationsOf } from "internal:intl/collator";
import { CYCLES, preferredCalendars, preferredHour } from "internal:intl/date_options";
import { core, table } from "internal:intl/tables";

const KEYS = { calendar: "ca", collation: "co", hourCycle: "hc", caseFirst: "kf", numeric: "kn", numberingSystem: "nu" };
const SHAPES = { language: /^([a-z]{2,3}|[a-z]{5,8})$/i, script: /^[a-z]{4}$/i, region: /^([a-z]{2}|\d{3})$/i };

function part(options, name) {
  const value = option(options, name);
  if (value !== undefined && !SHAPES[name].test(value)) throw new RangeError("Incorrect locale information provided");
  return value;
}

// The tag's extensions but `u`, in one text.
function otherExtensions(tag) {
  const open = tag.replace(/-x-.*$/, "");
  return (open.match(/-[a-tv-wyz0-9](-[a-z0-9]{2,8})+/g) ?? []).join("");
}

function built(tag, options) {
  const { base, keywords, rest, attributes } = parts(tag);
  const pieces = base.split("-");
  const variants = pieces.slice(1).filter((piece) => piece.length > 4 || /^\d[a-z0-9]{3}$/i.test(piece));
  const own = { language: pieces[0], script: pieces.slice(1).find((piece) => /^[a-z]{4}$/i.test(piece)), region: pieces.slice(1).find((piece) => /^([a-z]{2}|\d{3})$/i.test(piece)) };
  for (const name of ["language", "script", "region"]) own[name] = part(options, name) ?? own[name];
  const set = (key, value) => { if (value !== undefined) keywords.set(key, value === "true" ? "" : value); };
  for (const name of ["calendar", "collation"]) {
    const value = option(options, name);
    if (value !== undefined && !typeName.test(value)) throw new RangeError("Incorrect locale information provided");
    set(KEYS[name], value?.toLowerCase());
  }
  set("hc", option(options, "hourCycle", ["h11", "h12", "h23", "h24"]));
  set("kf", option(options, "caseFirst", ["upper", "lower", "false"]));
  const numeric = booleanOption(options, "numeric", undefined);
  set("kn", numeric === undefined ? undefined : `${numeric}`);
  const system = option(options, "numberingSystem");
  if (system !== undefined && !typeName.test(system)) throw new RangeError("Incorrect locale information provided");
  set("nu", system?.toLowerCase());
  const words = [...attributes, ...[...keywords].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([key, value]) => (value === "" ? [key] : [key, value]))];
  const head = [own.language, own.script, own.region, ...variants].filter((piece) => piece !== undefined).join("-");
  return canonicalTag(`${head}${otherExtensions(tag)}${words.length > 0 ? `-u-${words.join("-")}` : ""}${rest}`);
}

class Tag {
  #tag;
  constructor(tag, options) {
    if (typeof tag !== "string" && (typeof tag !== "object" || tag === null)) throw new TypeError("First argument to Intl.Locale constructor can't be empty or missing");
    this.#tag = built(canonicalTag(localeTags.get(tag) ?? `${tag}`), coerced(options));
    localeTags.set(this, this.#tag);
  }
  #extended(base) {
    const at = this.#tag.search(/-[a-z]-/);
    return new Locale(at < 0 ? base : base + this.#tag.slice(at));
  }
  maximize() { return this.#extended(ops.intl_maximize(parts(this.#tag).base)); }
  minimize() { return this.#extended(ops.intl_minimize(parts(this.#tag).base)); }
  toString() { return this.#tag; }
  get baseName() { return parts(this.#tag).base; }
  get language() {
    const [language] = this.baseName.split("-");
    return language === "und" ? undefined : language;
  }
  get script() { return this.baseName.match(/-([A-Z][a-z]{3})(?=-|$)/)?.[1]; }
  get region() { return this.baseName.match(/-([A-Z]{2}|\d{3})(?=-|$)/)?.[1]; }
  #keyword(key) { return parts(this.#tag).keywords.get(key); }
  get calendar() { return this.#keyword("ca"); }
  get collation() { return this.#keyword("co"); }
  get hourCycle() { return this.#keyword("hc"); }
  get caseFirst() { return this.#keyword("kf"); }
  get numeric() {
    const value = this.#keyword("kn");
    return value === "" || value === "true";
  }
  get numberingSystem() { return this.#keyword("nu"); }
  #data() { return dataLocale(bestAvailable(this.baseName) ?? "en"); }
  get calendars() {
    if (this.calendar !== undefined) return [this.calendar];
    return preferredCalendars(this.#tag);
  }
  get collations() { return this.collation === undefined ? collationsOf(this.#data()) : [this.collation]; }
  get hourCycles() {
    if (this.hourCycle !== undefined) return [this.hourCycle];
    return [CYCLES[preferredHour(this.#tag, this.baseName.split("-")[0])]];
  }
  get numberingSystems() { return this.numberingSystem === undefined ? [table("numbers", this.#data()).ns] : [this.numberingSystem]; }
  get timeZones() { return this.region === undefined ? undefined : [...core().lands[this.region] ?? []]; }
  get textInfo() {
    const script = ops.intl_maximize(this.baseName).split("-")[1];
    return { direction: ["Arab", "Hebr", "Thaa", "Syrc", "Nkoo", "Adlm", "Rohg"].includes(script) ? "rtl" : "ltr" };
  }
  get weekInfo() {
    const { week } = core();
    const region = regionOf(this.#tag);
    const day = (of) => ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].indexOf(of[region] ?? of["001"]) + 1;
    const [first, start, end] = [day(week.first), day(week.start), day(week.end)];
    const weekend = [];
    for (let at = start; ; at = at % 7 + 1) {
      weekend.push(at);
      if (at === end) break;
    }
    return { firstDay: first, weekend: weekend.sort(), minimalDays: Number(week.min[region] ?? week.min["001"]) };
  }
  getCalendars() { return this.calendars; }
  getCollations() { return this.collations; }
  getHourCycles() { return this.hourCycles; }
  getNumberingSystems() { return this.numberingSystems; }
  getTimeZones() { return this.timeZones; }
  getTextInfo() { return this.textInfo; }
  getWeekInfo() { return this.weekInfo; }
}
export const Locale = shaped(Tag, "Locale", 1);
