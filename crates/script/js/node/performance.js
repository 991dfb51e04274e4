// performance, and Node's perf_hooks.
import { append } from "internal:core/arrays";
import { ops } from "internal:core/ops";
import { ErrorCtor, now } from "internal:core/primordials";

const clock = () => ops.clock_now();
const origin = now() - clock();
let entries = [];

function entry(name, entryType, startTime, duration, detail) {
  const made = { name, entryType, startTime, duration, detail };
  append(entries, made);
  return made;
}

function timeOf(mark, fallback) {
  if (mark === undefined) return fallback;
  if (typeof mark === "number") return mark;
  for (let i = entries.length - 1; i >= 0; i--) if (entries[i].name === mark && entries[i].entryType === "mark") return entries[i].startTime;
  throw new ErrorCtor(`The "${mark}" performance mark has not been set`);
}

function select(accepts) {
  const found = [];
  for (let i = 0; i < entries.length; i++) if (accepts(entries[i])) append(found, entries[i]);
  return found;
}

export const performance = {
  now: () => clock(),
  timeOrigin: origin,
  mark: (name, { startTime = clock(), detail = null } = {}) => entry(`${name}`, "mark", startTime, 0, detail),
  measure(name, from, to) {
    const { start, end, detail = null } = typeof from === "object" && from !== null ? from : { start: from, end: to };
    const begin = timeOf(start, 0);
    return entry(`${name}`, "measure", begin, timeOf(end, clock()) - begin, detail);
  },
  clearMarks(name) { entries = select((each) => each.entryType !== "mark" || (name !== undefined && each.name !== name)); },
  clearMeasures(name) { entries = select((each) => each.entryType !== "measure" || (name !== undefined && each.name !== name)); },
  getEntries: () => select(() => true),
  getEntriesByName: (name, type) => select((each) => each.name === name && (type === undefined || each.entryType === type)),
  getEntriesByType: (type) => select((each) => each.entryType === type),
  timerify: (run) => run,
  eventLoopUtilization: () => ({ idle: 0, active: 0, utilization: 0 }),
  toJSON() { return { timeOrigin: origin }; },
};

export default { performance };
