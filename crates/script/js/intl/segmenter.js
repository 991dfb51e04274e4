// Intl.Segmenter.
import { ops } from "internal:core/ops";
import { canonicalLocales, finish, option, optionsObject, resolveLocale } from "internal:intl/locales";

class Segments {
  #text; #words; #ends; #flags;
  constructor(text, granularity, locale) {
    this.#text = text;
    this.#words = granularity === "word";
    const flat = ops.intl_segments(text, granularity, locale);
    this.#ends = flat.filter((_, index) => index % 2 === 0);
    this.#flags = flat.filter((_, index) => index % 2 === 1);
  }
  #at(index) {
    const from = index === 0 ? 0 : this.#ends[index - 1];
    const made = { segment: this.#text.slice(from, this.#ends[index]), index: from, input: this.#text };
    if (this.#words) made.isWordLike = this.#flags[index];
    return made;
  }
  containing(position) {
    const at = Math.trunc(Number(position)) || 0;
    if (at < 0 || at >= this.#text.length) return undefined;
    let low = 0;
    let high = this.#ends.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ends[middle] > at) high = middle;
      else low = middle + 1;
    }
    return this.#at(low);
  }
  [Symbol.iterator]() {
    let index = 0;
    const next = () => (index < this.#ends.length ? { value: this.#at(index++), done: false } : { value: undefined, done: true });
    return Object.create(SegmentIterator, { next: { value: next, writable: true, configurable: true } });
  }
}

const SegmentIterator = Object.create(Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())), {
  [Symbol.toStringTag]: { value: "Segmenter String Iterator", configurable: true },
});
Object.defineProperty(Segments.prototype, "constructor", { value: Object, writable: true, configurable: true, enumerable: false });

class Formatter {
  #locale; #granularity;
  constructor(locales, options) {
    const requested = canonicalLocales(locales);
    const given = optionsObject(options);
    option(given, "localeMatcher", ["lookup", "best fit"], "best fit");
    this.#locale = resolveLocale(requested, {}, {}).locale;
    this.#granularity = option(given, "granularity", ["grapheme", "word", "sentence"], "grapheme");
  }
  segment(input) { return new Segments(`${input}`, this.#granularity, this.#locale); }
  resolvedOptions() { return { locale: this.#locale, granularity: this.#granularity }; }
}

export const Segmenter = finish(Formatter, "Segmenter");
