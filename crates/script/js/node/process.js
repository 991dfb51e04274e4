// Node's process: what a whole script asks of the machine. It sees the job, never the executor.
import { EventEmitter } from "internal:node/events";
import { failed, jobVars, setProcess } from "internal:core/end";
import { logger } from "internal:node/console";
import { ops } from "internal:core/ops";
import {
  BigIntCtor, ErrorCtor, NumberCtor, StringCtor, SymbolCtor, apply, defineProperty, floor, getOwnPropertyDescriptor, keys,
  uncurryThis,
} from "internal:core/primordials";
import { inspect } from "internal:core/inspect";
import { queueMicrotask } from "internal:node/timers";

const split = uncurryThis(StringCtor.prototype.split);

// A stream whose lines are lines of the log.
function output(write) {
  let rest = "";
  const stream = new EventEmitter();
  stream.isTTY = false;
  stream.columns = 80;
  stream.writable = true;
  stream.write = (chunk, encoding, callback) => {
    const lines = split(`${rest}${typeof chunk === "string" ? chunk : chunk?.toString?.() ?? chunk}`, "\n");
    for (let i = 0; i < lines.length - 1; i++) write(lines[i]);
    rest = lines[lines.length - 1];
    const done = typeof encoding === "function" ? encoding : callback;
    if (typeof done === "function") queueMicrotask(() => done());
    return true;
  };
  stream.end = (chunk) => { if (chunk !== undefined) stream.write(chunk); };
  stream.cursorTo = stream.clearLine = stream.moveCursor = () => true;
  return {
    stream,
    flush() {
      if (rest === "") return;
      write(rest);
      rest = "";
    },
  };
}

const { info, error: errorLine } = logger;
const out = output((line) => info("%s", line));
const err = output((line) => errorLine("%s", line));

export const process = new EventEmitter();
const { emit } = EventEmitter.prototype;
const count = (event) => apply(EventEmitter.prototype.listenerCount, process, [event]);
let leaving = false;

function codeOf(code) {
  if (code === undefined || code === null || code === "") return 0;
  const number = NumberCtor(code);
  return number === floor(number) ? number & 255 : 1;
}

// Runs the listeners of `exit` once; answers the code.
function leave(code) {
  if (!leaving) {
    leaving = true;
    if (code !== undefined) process.exitCode = code;
    process._exiting = true;
    apply(emit, process, ["exit", codeOf(process.exitCode)]);
    out.flush();
    err.flush();
  }
  return codeOf(process.exitCode);
}

setProcess({
  beforeExit() { apply(emit, process, ["beforeExit", codeOf(process.exitCode)]); },
  exit() {
    try {
      return leave(undefined);
    } catch (error) {
      failed(error);
      return 0;
    }
  },
  hears(event, error) {
    const heard = count(event) > 0 ? event : "uncaughtException";
    if (count(heard) === 0) return false;
    apply(emit, process, [heard, error, event]);
    return true;
  },
});

function exit(code) {
  const left = leave(code);
  ops.job_exit(left);
  // Nothing of the script runs any more: the engine is interrupted here.
  for (;;);
}

function hrtime(before) {
  const nanoseconds = BigIntCtor(floor(ops.clock_now() * 1e6));
  const [seconds, rest] = [NumberCtor(nanoseconds / 1000000000n), NumberCtor(nanoseconds % 1000000000n)];
  if (before === undefined) return [seconds, rest];
  const less = rest < before[1];
  return [seconds - before[0] - (less ? 1 : 0), rest - before[1] + (less ? 1000000000 : 0)];
}
hrtime.bigint = () => BigIntCtor(floor(ops.clock_now() * 1e6));

let environment;
function env() {
  if (environment !== undefined) return environment;
  environment = {};
  const vars = jobVars();
  const names = keys(vars);
  for (let i = 0; i < names.length; i++) environment[names[i]] = vars[names[i]];
  return environment;
}

function memoryUsage() {
  const used = ops.memory_used();
  return { rss: used, heapTotal: used, heapUsed: used, external: 0, arrayBuffers: 0 };
}
memoryUsage.rss = () => ops.memory_used();

const members = {
  title: "node", version: "v22.0.0", versions: { node: "22.0.0", v8: "12.4.254.14" }, arch: "x64", platform: "linux",
  release: { name: "node" }, argv: ["/usr/bin/node", "/code"], argv0: "node", execArgv: [], execPath: "/usr/bin/node",
  pid: 1, ppid: 0, exitCode: undefined, config: {}, features: {}, stdout: out.stream, stderr: err.stream,
  stdin: Object.assign(new EventEmitter(), { isTTY: false, resume() { return this; }, pause() { return this; }, setEncoding() { return this; } }),
  cwd: () => "/",
  chdir(folder) { throw new ErrorCtor(`process.chdir(${inspect(folder)}): a job has one folder`); },
  exit, reallyExit: exit,
  abort() { exit(134); },
  kill() { throw new ErrorCtor("process.kill: a job cannot reach other processes"); },
  nextTick(callback, ...args) { queueMicrotask(() => apply(callback, undefined, args)); },
  uptime: () => ops.clock_now() / 1000,
  hrtime, memoryUsage,
  cpuUsage: () => ({ user: floor(ops.clock_now() * 1000), system: 0 }),
  resourceUsage: () => ({ maxRSS: floor(ops.memory_used() / 1024) }),
  umask: () => 18, getuid: () => 1000, getgid: () => 1000, geteuid: () => 1000, getegid: () => 1000,
  emitWarning(warning) { logger.warn("%s", warning instanceof ErrorCtor ? `${warning.name}: ${warning.message}` : `Warning: ${warning}`); },
  binding() { throw new ErrorCtor("process.binding is not available to jobs"); },
};
const names = keys(members);
for (let i = 0; i < names.length; i++) defineProperty(process, names[i], getOwnPropertyDescriptor(members, names[i]));
const { get, set } = { get() { return env(); }, set(value) { environment = value; } };
defineProperty(process, "env", { get, set, configurable: true, enumerable: true });
defineProperty(process, SymbolCtor.toStringTag, { value: "process", configurable: true, writable: false, enumerable: false });

export default process;
