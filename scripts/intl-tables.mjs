// Writes crates/intl/data/tables.bin from the Unicode CLDR as npm has it, and its calendars from the CLDR's own repository: not all
// of them are on npm in this version.
//
//   mkdir /tmp/cldr && cd /tmp/cldr && npm install cldr-{core,bcp47,numbers-full,dates-full,units-full,misc-full,localenames-full}@48
//   git clone --depth 1 --branch 48.0.0 https://github.com/unicode-org/cldr-json && cp -r cldr-json/cldr-json/cldr-cal-* node_modules
//   node scripts/intl-tables.mjs /tmp/cldr/node_modules
//
// The file is an index and chunks, all deflated JSON. A chunk has one section of one language: the language's own values, and
// for each other locale of the language what differs from them. A calendar has what differs from the section `generic`.
// `js/intl/tables.js` of crates/script puts them together.
import fs from "node:fs";
import path from "node:path";
import zlib from "node:zlib";

const source = process.argv[2];
const target = process.argv[3] ?? path.join(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), "../crates/intl/data/tables.bin");
// A locale's files are read for several sections in turn.
const latest = new Map();
function read(...parts) {
  const file = path.join(source, ...parts);
  if (!latest.has(file)) {
    if (latest.size > 50) latest.delete(latest.keys().next().value);
    latest.set(file, JSON.parse(fs.readFileSync(file, "utf8")));
  }
  return latest.get(file);
}
const supplemental = (name) => read("cldr-core/supplemental", `${name}.json`).supplemental;

const all = fs.readdirSync(path.join(source, "cldr-dates-full/main")).filter((tag) => tag !== "und");
const languageOf = (tag) => tag.split("-")[0];
const covered = read("cldr-core/coverageLevels.json").effectiveCoverageLevels;
const whole = (tag) => ["cldr-localenames-full", "cldr-units-full", "cldr-misc-full", "cldr-numbers-full"].every((name) => fs.existsSync(path.join(source, name, "main", tag)))
  && fs.existsSync(path.join(source, "cldr-localenames-full/main", tag, "territories.json")) && fs.existsSync(path.join(source, "cldr-localenames-full/main", tag, "languages.json"));
const locales = all.filter((tag) => (covered[tag] ?? covered[languageOf(tag)]) !== undefined && whole(tag));

const WIDTHS = { a: "abbreviated", w: "wide", n: "narrow" };
// The month that has another name in leap years has that one at the end.
const LEAP_YEAR = "-yeartype-leap";
function monthNames(names) {
  const numbers = Object.keys(names).filter((key) => !key.endsWith(LEAP_YEAR)).sort((a, b) => a - b);
  return [...numbers, ...Object.keys(names).filter((key) => key.endsWith(LEAP_YEAR))].map((key) => names[key]);
}
const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

function widths(of, list) {
  const made = {};
  for (const [form, prefix] of [["format", "f"], ["stand-alone", "s"]]) {
    for (const [key, width] of Object.entries(WIDTHS)) made[prefix + key] = list(of[form][width]);
  }
  return made;
}

const STYLES = ["full", "long", "medium", "short"];
const styles = (of) => STYLES.map((style) => (typeof of[style] === "string" ? of[style] : of[style]._value));
const text = (value) => (typeof value === "string" ? value : value._value);

function patterns(of, keep) {
  const made = {};
  for (const [key, value] of Object.entries(of)) if (!/-count-|-alt-/.test(key) && keep(key)) made[key] = value;
  return made;
}

let english;
const oldEras = () => (english ??= read("cldr-cal-japanese-full/main/en/ca-japanese.json").main.en.dates.calendars.japanese.eras);

function calendar(tag, file, name, gregorian) {
  const of = read(`${file}/main`, tag, `ca-${name}.json`).main[tag].dates.calendars[name];
  const { availableFormats, intervalFormats, appendItems, ...dateTime } = of.dateTimeFormats;
  const eras = (width) => {
    const made = {};
    for (const [key, value] of Object.entries(of.eras?.[width] ?? {})) if (!key.includes("alt") && !isUsual(key, width, value)) made[key] = value;
    return made;
  };
  // The old eras of Japan are many: they have one name for all widths, and the English one where the language has none of its own.
  const isUsual = (key, width, value) => name === "japanese" && +key < 232
    && ((width !== "eraAbbr" && value === of.eras.eraAbbr[key]) || (languageOf(tag) !== "en" && value === oldEras()[width][key]));
  const made = {
    er: { a: eras("eraAbbr"), w: eras("eraNames"), n: eras("eraNarrow") },
    df: styles(of.dateFormats), tf: styles(of.timeFormats), dtf: styles(dateTime),
    at: styles(of["dateTimeFormats-atTime"]?.standard ?? dateTime),
    av: patterns(availableFormats, (key) => !/[wWQ]/.test(key)),
    iv: patterns(intervalFormats, (key) => !/[wWQ]/.test(key)),
    ap: Object.fromEntries(["Era", "Year", "Month", "Day-Of-Week", "Day", "Hour", "Minute", "Second", "Timezone"].map((field) => [field, appendItems[field]])),
  };
  const figures = STYLES.map((style) => of.dateFormats[style]._numbers ?? null);
  if (figures.some((system) => system !== null)) made.dn = figures;
  if (of.monthPatterns !== undefined) made.lm = { ...widths(of.monthPatterns, ({ leap }) => leap), n: of.monthPatterns.numeric.all.leap };
  const years = of.cyclicNameSets?.years.format.abbreviated;
  if (years !== undefined) made.cy = Object.keys(years).sort((a, b) => a - b).map((key) => years[key]);
  const months = widths(of.months, monthNames);
  if (gregorian === undefined || JSON.stringify(months) !== JSON.stringify(gregorian.mo)) made.mo = months;
  if (gregorian !== undefined) return made;
  made.da = widths(of.days, (names) => DAYS.map((day) => names[day]));
  made.dp = {};
  for (const [key, width] of Object.entries(WIDTHS)) made.dp[key] = patterns(of.dayPeriods.format[width], () => true);
  return made;
}

// The calendars beside the Gregorian one, and the package of each.
const CALENDARS = {
  buddhist: "buddhist", chinese: "chinese", coptic: "coptic", dangi: "dangi", ethiopic: "ethiopic", "ethiopic-amete-alem": "ethiopic", hebrew: "hebrew",
  indian: "indian", islamic: "islamic", japanese: "japanese", persian: "persian", roc: "roc",
};

function zones(tag) {
  const of = read("cldr-dates-full/main", tag, "timeZoneNames.json").main[tag].dates.timeZoneNames;
  const names = (value) => {
    const made = {};
    for (const [key, form] of [["l", "long"], ["s", "short"]]) {
      if (value[form] === undefined) continue;
      const { generic: g, standard: s, daylight: d } = value[form];
      made[key] = { ...(g && { g }), ...(s && { s }), ...(d && { d }) };
    }
    return made;
  };
  const cities = {};
  const walk = (value, name) => {
    if (value._type === "zone" || value.exemplarCity !== undefined || value.long !== undefined || value.short !== undefined) {
      cities[name] = { ...(value.exemplarCity && { c: value.exemplarCity }), ...names(value) };
    } else {
      for (const [key, inner] of Object.entries(value)) if (typeof inner === "object") walk(inner, name === "" ? key : `${name}/${key}`);
    }
  };
  walk(of.zone ?? {}, "");
  const meta = {};
  for (const [key, value] of Object.entries(of.metazone ?? {})) meta[key] = names(value);
  return {
    hf: of.hourFormat, gf: of.gmtFormat, gz: of.gmtZeroFormat, rf: of.regionFormat, rd: of["regionFormat-type-daylight"],
    rs: of["regionFormat-type-standard"], ff: of.fallbackFormat, z: cities, m: meta,
  };
}

const plural = (of, prefix) => {
  const made = {};
  for (const [key, value] of Object.entries(of)) {
    const match = key.match(new RegExp(`^${prefix}-count-([a-z0-9]+)$`));
    if (match) made[match[1]] = value;
  }
  return made;
};

function compact(of) {
  const made = {};
  for (const [key, value] of Object.entries(of ?? {})) {
    const match = key.match(/^(10+)-count-(\w+?)(-alt-alphaNextToNumber)?$/);
    if (!match) continue;
    const power = match[1].length - 1;
    ((made[match[3] ? "alpha" : "plain"] ??= {})[power] ??= {})[match[2]] = value;
  }
  return made;
}

function numbers(tag) {
  const of = read("cldr-numbers-full/main", tag, "numbers.json").main[tag].numbers;
  const systems = new Set(["latn", of.defaultNumberingSystem, of.otherNumberingSystems?.native ?? "latn"]);
  const made = { ns: of.defaultNumberingSystem, nat: of.otherNumberingSystems?.native, mg: +of.minimumGroupingDigits, sys: {} };
  for (const system of systems) {
    const symbols = of[`symbols-numberSystem-${system}`];
    if (symbols === undefined) continue;
    const decimal = of[`decimalFormats-numberSystem-${system}`];
    const currency = of[`currencyFormats-numberSystem-${system}`];
    const misc = of[`miscPatterns-numberSystem-${system}`];
    made.sys[system] = {
      sy: {
        d: symbols.decimal, g: symbols.group, p: symbols.percentSign, pl: symbols.plusSign, mi: symbols.minusSign, e: symbols.exponential,
        i: symbols.infinity, n: symbols.nan, ap: symbols.approximatelySign, cd: symbols.currencyDecimal, cg: symbols.currencyGroup,
      },
      d: decimal.standard, l: compact(decimal.long?.decimalFormat).plain, s: compact(decimal.short?.decimalFormat).plain,
      p: of[`percentFormats-numberSystem-${system}`].standard, x: of[`scientificFormats-numberSystem-${system}`].standard,
      c: currency.standard, ca: currency["standard-alphaNextToNumber"], a: currency.accounting, aa: currency["accounting-alphaNextToNumber"],
      cs: compact(currency.short?.standard), cu: plural(currency, "unitPattern"),
      r: misc.range, ax: misc.approximately,
    };
  }
  return made;
}

function currencies(tag) {
  const of = read("cldr-numbers-full/main", tag, "currencies.json").main[tag].numbers.currencies;
  const made = {};
  for (const [code, value] of Object.entries(of)) {
    const names = plural(value, "displayName");
    made[code] = {
      ...(value.symbol && value.symbol !== code && { s: value.symbol }),
      ...(value["symbol-alt-narrow"] && { n: value["symbol-alt-narrow"] }),
      ...(value.displayName && value.displayName !== code && { d: value.displayName }),
      ...(Object.keys(names).length > 0 && { p: names }),
    };
    if (Object.keys(made[code]).length === 0) delete made[code];
  }
  return made;
}

// The units of ECMA-402.
const UNITS = "acre bit byte celsius centimeter day degree fahrenheit fluid-ounce foot gallon gigabit gigabyte gram hectare hour inch kilobit kilobyte kilogram kilometer liter megabit megabyte meter microsecond mile mile-scandinavian milliliter millimeter millisecond minute month nanosecond ounce percent petabyte pound second stone terabit terabyte week yard year".split(" ");

function units(tag) {
  const of = read("cldr-units-full/main", tag, "units.json").main[tag].units;
  const made = {};
  for (const [key, width] of [["l", "long"], ["s", "short"], ["n", "narrow"]]) {
    const names = of[width];
    const found = { per: names.per.compoundUnitPattern };
    const full = {};
    for (const name of Object.keys(names)) full[name.slice(name.indexOf("-") + 1)] ??= name;
    const wanted = [...UNITS, "mile-per-gallon", "mile-per-hour", "kilometer-per-hour", "meter-per-second", "liter-per-kilometer"];
    for (const unit of wanted) {
      const value = names[full[unit]];
      if (value === undefined) continue;
      found[unit] = { ...plural(value, "unitPattern"), ...(value.perUnitPattern && { per: value.perUnitPattern }) };
    }
    made[key] = found;
  }
  return made;
}

const FIELDS = ["year", "quarter", "month", "week", "day", "hour", "minute", "second"];
function relative(tag) {
  const of = read("cldr-dates-full/main", tag, "dateFields.json").main[tag].dates.fields;
  const made = { names: {} };
  for (const [key, suffix] of [["l", ""], ["s", "-short"], ["n", "-narrow"]]) {
    made[key] = {};
    for (const field of FIELDS) {
      const value = of[field + suffix];
      const words = {};
      for (const [name, word] of Object.entries(value)) {
        const match = name.match(/^relative-type-(-?\d+)$/);
        if (match) words[match[1]] = word;
      }
      made[key][field] = {
        r: words, f: plural(value["relativeTime-type-future"] ?? {}, "relativeTimePattern"),
        p: plural(value["relativeTime-type-past"] ?? {}, "relativeTimePattern"),
      };
    }
    made.names[key] = {};
    for (const [name, field] of Object.entries({
      era: "era", year: "year", quarter: "quarter", month: "month", weekOfYear: "week", weekday: "weekday", day: "day",
      dayPeriod: "dayperiod", hour: "hour", minute: "minute", second: "second", timeZoneName: "zone",
    })) made.names[key][name] = of[field + suffix]?.displayName;
  }
  return made;
}

function lists(tag) {
  const of = read("cldr-misc-full/main", tag, "listPatterns.json").main[tag].listPatterns;
  const made = {};
  for (const [type, name] of [["conjunction", "standard"], ["disjunction", "or"], ["unit", "unit"]]) {
    for (const [style, suffix] of [["long", ""], ["short", "-short"], ["narrow", "-narrow"]]) {
      const value = of[`listPattern-type-${name}${suffix}`];
      made[`${type}-${style}`] = [value[2], value.start, value.middle, value.end];
    }
  }
  return made;
}

function names(tag) {
  const folder = "cldr-localenames-full/main";
  const display = (file) => read(folder, tag, `${file}.json`).main[tag].localeDisplayNames;
  const split = (of) => {
    const made = { d: {}, s: {} };
    for (const [key, value] of Object.entries(of)) {
      const at = key.indexOf("-alt-");
      if (at < 0) made.d[key] = value;
      else if (key.endsWith("-alt-short")) made.s[key.slice(0, at)] = value;
      else if (key.endsWith("-alt-stand-alone")) (made.a ??= {})[key.slice(0, at)] = value;
    }
    return made;
  };
  const hasVariants = fs.existsSync(path.join(source, folder, tag, "variants.json"));
  const own = display("localeDisplayNames");
  return {
    l: split(display("languages").languages), r: split(display("territories").territories), s: split(display("scripts").scripts),
    v: split(hasVariants ? display("variants").variants : {}), p: own.localeDisplayPattern, c: own.types?.calendar,
  };
}

// What of `value` differs from `base`: `gone` stands for what is not there.
function difference(base, value, gone = null) {
  if (JSON.stringify(base) === JSON.stringify(value)) return undefined;
  if (typeof value !== "object" || value === null || typeof base !== "object" || base === null || Array.isArray(value) || Array.isArray(base)) return value;
  const made = {};
  for (const key of Object.keys(value)) {
    const inner = key in base ? difference(base[key], value[key], gone) : value[key];
    if (inner !== undefined) made[key] = inner;
  }
  for (const key of Object.keys(base)) if (!(key in value) || value[key] === undefined) made[key] = gone;
  return made;
}

const sections = {
  dates: (tag) => calendar(tag, "cldr-dates-full", "gregorian"),
  zones, numbers, currencies, units, relative, lists, names,
};
// The calendars that have their words from another one.
const LIKE = { dangi: "chinese", "ethiopic-amete-alem": "ethiopic" };
const gregorianOf = (tag) => calendar(tag, "cldr-dates-full", "gregorian");
const genericOf = (tag) => calendar(tag, "cldr-dates-full", "generic", gregorianOf(tag));
sections.generic = genericOf;
const of = {};
for (const [name, from] of Object.entries(CALENDARS)) {
  const file = `cldr-cal-${from}-full`;
  const tagged = (tag) => fs.existsSync(path.join(source, `${file}/main`, tag, `ca-${name}.json`));
  const whole = (tag) => {
    const there = tagged(tag) ? tag : languageOf(tag);
    return calendar(there, file, name, gregorianOf(there));
  };
  of[name] = whole;
  sections[name] = (tag) => difference((of[LIKE[name]] ?? genericOf)(tag), whole(tag), 0) ?? {};
}

// The calendars of Umm al-Qura and of the new moon's sight are lists of observations: the first day of a year, and for each
// year from there up to 1600 which of its months have thirty days, as bits. Node's own ICU has them.
function observed(name, from) {
  const format = new Intl.DateTimeFormat(`en-u-ca-${name}-nu-latn`, { year: "numeric", month: "numeric", day: "numeric", timeZone: "UTC" });
  const DAY = 86400000;
  const of = (day) => Object.fromEntries(format.formatToParts(day * DAY).map(({ type, value }) => [type, parseInt(value, 10)]));
  let day = Math.floor(Date.UTC(622, 6, 15) / DAY) + Math.floor((from - 1) * 354.367) - 40;
  while (of(day).year < from) day++;
  const first = day;
  const { month, day: dayOfMonth } = of(day);
  if (month !== 1 || dayOfMonth !== 1) throw new Error(`the year ${from} begins elsewhere`);
  const years = [];
  for (let at = from; at <= 1600; at++) {
    let bits = 0;
    for (let i = 0; i < 12; i++) {
      const long = of(day + 29).day === 30;
      if (long) bits |= 1 << i;
      day += long ? 30 : 29;
    }
    years.push(bits);
  }
  return { first, from, years };
}

// The locales that have an order of their own, or one that is known to be another's.
const collators = (known) => [...known].filter((tag) => new Intl.Collator(tag).resolvedOptions().locale === tag);

function core() {
  const defaults = read("cldr-core/defaultContent.json").defaultContent;
  const likely = supplemental("likelySubtags").likelySubtags;
  const known = new Map(locales.map((tag) => [tag, tag]));
  const parent = (tag) => tag.slice(0, Math.max(0, tag.lastIndexOf("-")));
  for (const tag of defaults) if (!known.has(tag) && known.has(parent(tag))) known.set(tag, parent(tag));
  for (const tag of defaults) if (!known.has(tag) && known.has(parent(parent(tag)))) known.set(tag, parent(parent(tag)));
  // Without its script, where the script goes without saying: zh-TW is zh-Hant-TW.
  for (const tag of [...known.keys()]) {
    const [language, script, region] = tag.split("-");
    if (script?.length !== 4 || region === undefined) continue;
    const short = `${language}-${region}`;
    if (!known.has(short) && (likely[short] ?? likely[language])?.split("-")[1] === script) known.set(short, known.get(tag));
  }
  known.set("nb", known.get("no") ?? "nb");
  known.set("nb-NO", known.get("no") ?? "nb");
  const { fractions, region } = supplemental("currencyData").currencyData;
  const digits = {};
  for (const [code, value] of Object.entries(fractions)) digits[code] = +value._digits;
  // Money of today, and what ICU lists with it.
  const today = new Set("ANG BGN CUC HRK SLL SVC XDR XSU ZWL".split(" "));
  for (const entries of Object.values(region)) for (const entry of entries) for (const [code, { _to, _tender }] of Object.entries(entry)) if (_to === undefined && _tender !== "false") today.add(code);
  const systems = {};
  for (const [name, value] of Object.entries(supplemental("numberingSystems").numberingSystems)) if (value._type === "numeric") systems[name] = value._digits;
  const hours = {};
  for (const [place, value] of Object.entries(supplemental("timeData").timeData)) hours[place] = [value._preferred, value._allowed];
  const meta = {};
  const zonesOf = supplemental("metaZones").metaZones;
  const walk = (value, name) => {
    if (Array.isArray(value)) {
      meta[name] = value.map(({ usesMetazone: { _mzone, _from, _to } }) => [_mzone, _from ?? "", _to ?? ""]);
    } else {
      for (const [key, inner] of Object.entries(value)) walk(inner, name === "" ? key : `${name}/${key}`);
    }
  };
  walk(zonesOf.metazoneInfo.timezone, "");
  const periods = {};
  for (const [language, rules] of Object.entries(supplemental("dayPeriods").dayPeriodRuleSet)) {
    periods[language] = Object.entries(rules).map(([name, rule]) => {
      const hour = (value) => (value === undefined ? undefined : +value.split(":")[0]);
      return rule._at ? [name, hour(rule._at)] : [name, hour(rule._from), hour(rule._before)];
    });
  }
  const calendars = {};
  for (const [place, value] of Object.entries(supplemental("calendarPreferenceData").calendarPreferenceData)) {
    const list = Array.isArray(value) ? value : value.split(" ");
    calendars[place] = list;
  }
  const places = {};
  const zoneIds = read("cldr-bcp47/bcp47/timezone.json").keyword.u.tz;
  const counts = {};
  const aliases = {};
  for (const value of Object.values(zoneIds)) {
    const [name, ...others] = value?._alias?.split(" ") ?? [];
    for (const other of others) aliases[other] = name;
  }
  for (const [id, value] of Object.entries(zoneIds)) {
    if (value?._alias === undefined || value._deprecated || (value._region === undefined && !/^[a-z]{5}/.test(id))) continue;
    const country = value._region ?? id.slice(0, 2).toUpperCase();
    if (country === "UT") continue;
    (counts[country] ??= []).push(value._alias.split(" "));
  }
  const lands = Object.fromEntries(Object.entries(counts).map(([country, list]) => [country, list.map(([name]) => name).sort()]));
  const chosen = supplemental("primaryZones").primaryZones;
  for (const [country, list] of Object.entries(counts)) {
    for (const zones of list) if (list.length === 1 || zones.includes(chosen[country])) for (const zone of zones) places[zone] = country;
  }
  const ranges = {};
  for (const [language, rules] of Object.entries(supplemental("pluralRanges").plurals)) {
    ranges[language] = {};
    for (const [name, form] of Object.entries(rules)) {
      const match = name.match(/^pluralRange-start-(\w+)-end-(\w+)$/);
      ranges[language][`${match[1]}-${match[2]}`] = form;
    }
  }
  const eras = Object.entries(supplemental("calendarData").calendarData.japanese.eras).map(([era, { _start }]) => [+era, ..._start.split("-").map(Number)]);
  const week = supplemental("weekData").weekData;
  return {
    eras, hijri: { umalqura: observed("islamic-umalqura", 1300), sight: observed("islamic", 1200) }, locales: Object.fromEntries(known), money: [...today].sort(), digits, systems, hours, meta, periods, calendars, places, lands, aliases, ranges, collators: collators(known.keys()),
    week: { min: week.minDays, first: week.firstDay, start: week.weekendStart, end: week.weekendEnd },
    languages: Object.fromEntries(Object.entries(read("cldr-core/supplemental/parentLocales.json").supplemental.parentLocales.parentLocale)),
  };
}

const chunks = [];
const index = {};
let at = 0;
const sizes = {};
function add(name, value) {
  const bytes = zlib.deflateRawSync(Buffer.from(JSON.stringify(value)), { level: 9, memLevel: 9 });
  index[name] = [at, bytes.length];
  chunks.push(bytes);
  at += bytes.length;
  const section = name.split("/")[0];
  sizes[section] = (sizes[section] ?? 0) + bytes.length;
}
add("core", core());
const groups = Map.groupBy?.(locales, languageOf) ?? locales.reduce((map, tag) => map.set(languageOf(tag), [...(map.get(languageOf(tag)) ?? []), tag]), new Map());
for (const [language, tags] of groups) {
  for (const [name, make] of Object.entries(sections)) {
    const base = tags.includes(language) ? language : tags[0];
    const values = { [base]: make(base) };
    for (const tag of tags) if (tag !== base) values[tag] = difference(values[base], make(tag)) ?? {};
    add(`${name}/${language}`, values);
  }
}
const head = zlib.deflateRawSync(Buffer.from(JSON.stringify(index)), { level: 9 });
const length = Buffer.alloc(4);
length.writeUInt32LE(head.length);
fs.writeFileSync(target, Buffer.concat([length, head, ...chunks]));
console.log(locales.length, "locales", sizes, "bytes", fs.statSync(target).size);
