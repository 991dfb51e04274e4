// How a whole script ends: what keeps it alive besides calls and timers, and who hears of its end.
import { append } from "internal:core/arrays";
import { modern } from "internal:core/api";
import { describe as described, notePlace, thrownText, withoutError } from "internal:core/errors";
import { inspect } from "internal:core/late";
import { ops } from "internal:core/ops";
import { StringCtor, uncurryThis } from "internal:core/primordials";

const toWellFormed = uncurryThis(StringCtor.prototype.toWellFormed);

// Functions that answer whether something is still to be waited for.
const waits = [];
export function addWait(waiting) { append(waits, waiting); }

// Node's process, once the script has it.
let process;
export function setProcess(value) { process = value; }

// The job's vars, which are its environment.
let vars;
export function setVars(value) { vars = value; }
export function jobVars() { return vars ?? {}; }

// Nothing is under way: whether the script may end.
export function ending() {
  for (let i = 0; i < waits.length; i++) if (waits[i]()) return false;
  if (process !== undefined) process.beforeExit();
  return true;
}

// The script has ended; answers the code that it leaves.
export function exited() { return process === undefined ? 0 : process.exit(); }

// What nobody catches ends a whole script, unless it listens for that.
export function fatal(error, event) {
  try {
    if (process?.hears(event, error)) return;
  } catch (other) {
    failed(other);
    return;
  }
  failed(error);
}

// What a timer's callback or a listener throws reaches nobody: it is a line of the log, and ends a whole script.
export function lost(error) {
  if (ops.job_is_whole()) fatal(error, "uncaughtException");
  else ops.log("WARN", `Unhandled rejection: ${describe(error)}`);
}

// Whether the log's line of an error has the author's places.
export function tellsPlaces() { return modern || ops.job_is_whole(); }

// The text of what was thrown; what says nothing of itself is shown.
function shownText(thrown) {
  const text = thrownText(thrown);
  return text === "[object Object]" ? toWellFormed(inspect(thrown)) : text;
}

// The text of what ends a job of the predecessor, which shows no object: a line of the log does.
export function plainText(thrown) {
  const text = thrownText(thrown);
  if (text === "[object Object]") ops.log("WARN", `the code threw ${shownText(thrown)}`);
  return text;
}

// The job's error for it.
export function errorText(thrown) {
  notePlace(thrown);
  return withoutError(tellsPlaces() ? shownText(thrown) : plainText(thrown));
}

// For a log line: an error with its stack.
export function describe(thrown) {
  const text = described(thrown);
  return text === "[object Object]" ? shownText(thrown) : text;
}

export function failed(error) {
  notePlace(error);
  ops.log("ERROR", describe(error));
  ops.job_failed(withoutError(shownText(error)));
}
