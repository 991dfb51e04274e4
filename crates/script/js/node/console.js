// logger, which is console too: every message is one line of the job's log.
import { modern } from "internal:core/api";
import { append } from "internal:core/arrays";
import { ops } from "internal:core/ops";
import { format } from "internal:node/format";
import { inspect, late } from "internal:core/late";
import { stringify } from "internal:node/json";
import { callSite } from "internal:core/errors";
import {
  MapCtor, StringCtor, apply, defineProperty, keys, now, uncurryThis,
} from "internal:core/primordials";

const mapGet = uncurryThis(MapCtor.prototype.get);
const mapSet = uncurryThis(MapCtor.prototype.set);
const mapDelete = uncurryThis(MapCtor.prototype.delete);
const replaceAll = uncurryThis(StringCtor.prototype.replaceAll);
const slice = uncurryThis(StringCtor.prototype.slice);
const toFixed = uncurryThis(Number.prototype.toFixed);

let indentation = "";
const counts = new MapCtor();
const times = new MapCtor();

function write(level, message) {
  ops.log(level, indentation === "" ? message : indentation + replaceAll(message, "\n", `\n${indentation}`));
}

const at = (level) => (...args) => write(level, apply(format, undefined, args));
const log = at("INFO");
const debug = at("DEBUG");
const warn = at("WARN");
const error = at("ERROR");

function dir(...objects) {
  if (modern) return write("INFO", inspect(objects[0], { customInspect: false, ...objects[1] }));
  const texts = [];
  for (let i = 0; i < objects.length; i++) append(texts, stringify(objects[i]));
  write("DEBUG", inspect(texts, { depth: 2 }));
}

function group(...label) {
  if (label.length > 0) apply(log, undefined, label);
  indentation += "  ";
}

function groupEnd() {
  indentation = slice(indentation, 2);
}

function duration(milliseconds) {
  return milliseconds < 1000 ? `${toFixed(milliseconds, 3)}ms` : `${toFixed(milliseconds / 1000, 3)}s`;
}

function time(label = "default") {
  if (mapGet(times, `${label}`) !== undefined) return warn(`Warning: Label '${label}' already exists for console.time()`);
  mapSet(times, `${label}`, now());
}

function timeLog(label = "default", ...rest) {
  const start = mapGet(times, `${label}`);
  if (start === undefined) return warn(`Warning: No such label '${label}' for console.timeLog()`);
  logAfter(log, ["%s: %s", `${label}`, duration(now() - start)], rest);
}

function timeEnd(label = "default") {
  const start = mapGet(times, `${label}`);
  if (start === undefined) return warn(`Warning: No such label '${label}' for console.timeEnd()`);
  mapDelete(times, `${label}`);
  log("%s: %s", `${label}`, duration(now() - start));
}

function count(label = "default") {
  const next = (mapGet(counts, `${label}`) ?? 0) + 1;
  mapSet(counts, `${label}`, next);
  log(`${label}: ${next}`);
}

function countReset(label = "default") {
  if (!mapDelete(counts, `${label}`)) warn(`Warning: Count for '${label}' does not exist`);
}

function assert(condition, ...args) {
  if (condition) return;
  if (args.length === 0 || typeof args[0] !== "string") return logAfter(warn, ["Assertion failed"], args);
  args[0] = `Assertion failed: ${args[0]}`;
  apply(warn, undefined, args);
}

function logAfter(write, first, rest) {
  for (let i = 0; i < rest.length; i++) append(first, rest[i]);
  apply(write, undefined, first);
}

function trace(...args) {
  const message = apply(format, undefined, args);
  const lines = callSite();
  write("ERROR", `Trace${message === "" ? "" : `: ${message}`}${lines === "" ? "" : `\n${lines}`}`);
}

export const logger = { log, info: log, debug, warn, warning: warn, error, dir };

const additions = {
  dirxml: log, group, groupCollapsed: group, groupEnd, time, timeLog, timeEnd, count, countReset, assert, trace,
  timeStamp() {}, profile() {}, profileEnd() {},
  table: (data, columns) => log(late("node/table").table(data, columns) ?? data),
};
const names = keys(additions);
for (let i = 0; i < names.length; i++) {
  defineProperty(logger, names[i], { value: additions[names[i]], writable: true, configurable: true, enumerable: false });
}
defineProperty(logger, "Console", {
  get() { return late("node/console_module").Console; }, set: undefined, configurable: true, enumerable: false,
});
