// What becomes of `results` at the end of a job: what the code returned, and words for what JSON does not keep.
import { modern } from "internal:core/api";
import { append } from "internal:core/arrays";
import { ops } from "internal:core/ops";
import { isBuffer } from "internal:core/buffer_class";
import { stringify } from "internal:node/json";
import { fileKeeper } from "internal:core/result_files";
import {
  ArrayBufferCtor, ArrayCtor, MapCtor, SetCtor, defineProperty, getOwnPropertyDescriptor, isArray, keys, uncurryThis,
} from "internal:core/primordials";

const { isView } = ArrayBufferCtor;
const { from } = ArrayCtor;
const mapEach = uncurryThis(MapCtor.prototype.forEach);
const setEach = uncurryThis(SetCtor.prototype.forEach);
const setHas = uncurryThis(SetCtor.prototype.has);
const setAdd = uncurryThis(SetCtor.prototype.add);
// Deeper and further than this nobody looks for a mistake.
const DEPTH = 4;
const ITEMS = 1000;
// A list of a hundred promises is one mistake.
const LINES = 5;
// Results that are nested deeper are refused.
const DEEPEST = 128;

// A job that puts nothing into results gets what its code returns: an object's members, anything else as `result`.
export function keepReturned(results, value) {
  if (value === undefined || typeof value === "function" || typeof value === "symbol") return;
  if (typeof results !== "object" || results === null || keys(results).length > 0) return;
  let text;
  try {
    text = stringify(value);
  } catch {
    // A page, a response, a circle: nothing that results can keep, as ever.
    return;
  }
  if (text === undefined) return;
  const members = typeof value === "object" && value !== null && ops.kind_of(value) === "Object" && !isArray(value);
  const kept = members ? value : { result: value };
  const names = keys(kept);
  for (let i = 0; i < names.length; i++) put(results, names[i], kept[names[i]]);
}

function put(object, name, value) {
  defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}

// Calls `visit(name, property)` for each member, until one answers false. A getter is the script's own code, which runs once, when
// the results are written.
function eachMember(value, visit) {
  // The items of an array by their number: a list of a million keys is not made for this.
  const names = isArray(value) ? undefined : keys(value);
  const { length } = names ?? value;
  for (let i = 0; i < length; i++) {
    const name = names === undefined ? i : names[i];
    if (visit(name, getOwnPropertyDescriptor(value, name)) === false) return;
  }
}

// Writes a WARN line for each value that JSON turns into something else than its author means. Jobs of the predecessor have
// had settled promises, Map, Set and typed arrays in their results: of these only a whole script hears.
export function warnOfLost(results) {
  walk(results, "results", 0, { left: ITEMS, lines: LINES, whole: ops.job_is_whole() });
}

function walk(value, path, depth, state) {
  state.left--;
  if (typeof value !== "object" || value === null || state.left <= 0 || ops.is_proxy(value)) return;
  const advice = adviceFor(value, state.whole);
  if (advice !== undefined) {
    if (state.lines-- > 0) ops.log("WARN", `${path} ${advice}`);
    return;
  }
  if (depth === DEPTH || isView(value)) return;
  const isList = isArray(value);
  eachMember(value, (name, property) => {
    const own = property?.value;
    if (own !== undefined) walk(own, isList ? `${path}[${name}]` : `${path}.${name}`, depth + 1, state);
    else state.left--;
    return state.left > 0;
  });
}

function adviceFor(value, whole) {
  // Whoever says what JSON has of it loses nothing.
  if (isView(value) && getOwnPropertyDescriptor(value, "toJSON") !== undefined) return undefined;
  const kind = ops.kind_of(value);
  if (modern && kind !== "Promise" && kind !== "Uint8Array") return undefined;
  if (kind === "Promise") {
    const pending = ops.promise_state(value) === "pending";
    return pending || whole ? "is a promise: write `await` before the call, or results have {}" : undefined;
  }
  if (kind === "Map" && whole) return "is a Map, of which results have {}: write Object.fromEntries(map), or [...map]";
  if (kind === "Set" && whole) return "is a Set, of which results have {}: write [...set]";
  if (isBuffer(value)) return whole ? "is a Buffer: write buffer.toString('base64'), or keep it as a file" : undefined;
  if (whole && isView(value) && kind !== "DataView") return `is a ${kind}: write [...array], or Buffer.from(array).toString('base64')`;
  return undefined;
}

// What JSON has no word for. In results of a job for today's Puppeteer a Map becomes an object, a Set and numbers an array; Buffers
// may become files. The job has ended, so that its own objects can be changed.
export function keepValues(results) {
  const keepFile = fileKeeper();
  if (modern || keepFile !== undefined) keepIn(results, [], new SetCtor(), keepFile);
}

function keepIn(value, path, seen, keepFile) {
  if (typeof value !== "object" || value === null || path.length > DEEPEST || ops.is_proxy(value) || setHas(seen, value)) return;
  setAdd(seen, value);
  if (isView(value)) {
    keepFile?.(value, path);
    return;
  }
  eachMember(value, (name, property) => {
    const own = property?.value;
    if (typeof own !== "object" || own === null) return;
    const kept = modern && property.configurable ? keptFor(own) : own;
    if (kept !== own) put(value, name, kept);
    append(path, `${name}`);
    keepIn(kept, path, seen, keepFile);
    path.length--;
  });
}

function keptFor(value) {
  if (ops.is_proxy(value)) return value;
  const kind = ops.kind_of(value);
  if (kind === "Map") {
    const made = {};
    mapEach(value, (item, key) => { put(made, typeof key === "symbol" ? "Symbol" : `${key}`, item); });
    return made;
  }
  if (kind === "Set") {
    const made = [];
    setEach(value, (item) => { append(made, item); });
    return made;
  }
  return isView(value) && kind !== "DataView" && kind !== "Uint8Array" ? from(value) : value;
}
