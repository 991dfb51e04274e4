// Intl: ECMA-402, as Node 20 has it.
import { ops } from "internal:core/ops";
import { CALENDARS } from "internal:intl/calendars";
import { Collator } from "internal:intl/collator";
import { DateTimeFormat } from "internal:intl/date_format";
import { DisplayNames } from "internal:intl/display_names";
import { ListFormat } from "internal:intl/lists";
import { Locale } from "internal:intl/locale";
import { canonicalLocales } from "internal:intl/locales";
import { NumberFormat } from "internal:intl/number_format";
import { UNITS } from "internal:intl/number_options";
import { PluralRules } from "internal:intl/plurals";
import { RelativeTimeFormat } from "internal:intl/relative_time";
import { Segmenter } from "internal:intl/segmenter";
import { core } from "internal:intl/tables";

const values = {
  __proto__: null,
  calendar: () => [...CALENDARS],
  collation: () => ["compat", "dict", "emoji", "eor", "phonebk", "phonetic", "pinyin", "searchjl", "stroke", "trad", "unihan", "zhuyin"],
  currency: () => [...core().money],
  numberingSystem: () => Object.keys(core().systems),
  timeZone: () => ops.zone_names(),
  unit: () => [...UNITS],
};

export const Intl = {};
const members = {
  getCanonicalLocales(locales) { return canonicalLocales(locales); },
  supportedValuesOf(key) {
    const list = values[`${key}`];
    if (list === undefined) throw new RangeError(`Invalid key : ${key}`);
    return list().sort();
  },
  DateTimeFormat, NumberFormat, Collator, PluralRules, RelativeTimeFormat, ListFormat, Locale, DisplayNames, Segmenter,
};
for (const name of Object.keys(members)) Object.defineProperty(Intl, name, { value: members[name], writable: true, configurable: true, enumerable: false });
Object.defineProperty(Intl, Symbol.toStringTag, { value: "Intl", configurable: true });
