// What a Readable has of an array's methods: each works on the chunks as they come.
import { append } from "internal:core/arrays";
import { addMembers } from "internal:node/stream_legacy";
import { from } from "internal:node/stream_from";
import { Readable } from "internal:node/stream_readable";

const members = {
  map(change) {
    const source = this;
    return from((async function* () { for await (const chunk of source) yield await change(chunk, {}); })());
  },
  filter(accepts) {
    const source = this;
    return from((async function* () { for await (const chunk of source) if (await accepts(chunk, {})) yield chunk; })());
  },
  flatMap(change) {
    const source = this;
    return from((async function* () { for await (const chunk of source) yield* await change(chunk, {}); })());
  },
  take(count) {
    const source = this;
    return from((async function* () {
      let left = count;
      if (left <= 0) return;
      for await (const chunk of source) {
        yield chunk;
        if (--left <= 0) return;
      }
    })());
  },
  drop(count) {
    const source = this;
    return from((async function* () {
      let left = count;
      for await (const chunk of source) if (left-- <= 0) yield chunk;
    })());
  },
  async forEach(run) { for await (const chunk of this) await run(chunk, {}); },
  async toArray() {
    const chunks = [];
    for await (const chunk of this) append(chunks, chunk);
    return chunks;
  },
  async some(accepts) {
    for await (const chunk of this) if (await accepts(chunk, {})) return true;
    return false;
  },
  async every(accepts) {
    for await (const chunk of this) if (!await accepts(chunk, {})) return false;
    return true;
  },
  async find(accepts) {
    for await (const chunk of this) if (await accepts(chunk, {})) return chunk;
    return undefined;
  },
  async reduce(join, ...initial) {
    let hasValue = initial.length > 0;
    let value = initial[0];
    for await (const chunk of this) {
      value = hasValue ? await join(value, chunk, {}) : chunk;
      hasValue = true;
    }
    if (!hasValue) throw new TypeError("Reduce of an empty stream requires an initial value");
    return value;
  },
};
addMembers(Readable, members);
