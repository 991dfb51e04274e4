// Node's process: what a whole script asks of the machine. It sees the job, never the executor.
import { EventEmitter } from "internal:node/events";
import { failed, jobVars, setProcess } from "internal:core/end";
import { logger } from "internal:node/console";
import { late } from "internal:core/late";
import { ops } from "internal:core/ops";
import {
  BigIntCtor, ErrorCtor, NumberCtor, PromiseCtor, SetCtor, StringCtor, SymbolCtor, apply, defineProperty, floor,
  getOwnPropertyDescriptor, keys, then, uncurryThis,
} from "internal:core/primordials";
import { inspect } from "internal:core/inspect";
import { queueMicrotask } from "internal:node/timers";

const split = uncurryThis(StringCtor.prototype.split);
const { Proxy: ProxyCtor } = globalThis;

// A stream whose lines are lines of the log. Node's is no terminal either when its output goes to a file.
function output(write, fd) {
  let rest = "";
  const stream = new EventEmitter();
  const called = (encoding, callback) => {
    const done = typeof encoding === "function" ? encoding : callback;
    if (typeof done === "function") queueMicrotask(() => done());
  };
  const members = {
    fd, isTTY: undefined, columns: undefined, rows: undefined, writable: true, writableLength: 0, writableHighWaterMark: 16384, _isStdio: true,
    _type: "pipe",
    write(chunk, encoding, callback) {
      const lines = split(`${rest}${typeof chunk === "string" ? chunk : chunk?.toString?.() ?? chunk}`, "\n");
      for (let i = 0; i < lines.length - 1; i++) write(lines[i]);
      rest = lines[lines.length - 1];
      called(encoding, callback);
      return true;
    },
    end(chunk, encoding, callback) {
      if (chunk !== undefined && chunk !== null && typeof chunk !== "function") stream.write(chunk);
      called(typeof chunk === "function" ? chunk : encoding, callback);
      return stream;
    },
    cork() {}, uncork() {}, destroy: () => stream, setDefaultEncoding: () => stream, ref: () => stream, unref: () => stream,
    cursorTo: () => true, clearLine: () => true, clearScreenDown: () => true, moveCursor: () => true,
    getColorDepth: () => 1, hasColors: () => false, getWindowSize: () => [80, 24],
  };
  const names = keys(members);
  for (let i = 0; i < names.length; i++) {
    defineProperty(stream, names[i], { value: members[names[i]], writable: true, configurable: true, enumerable: false });
  }
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
const out = output((line) => info("%s", line), 1);
const err = output((line) => errorLine("%s", line), 2);

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
    apply(emit, process, [heard, error, heard === "unhandledRejection" ? rejected(error) : event]);
    return true;
  },
});

// Who listens for rejections gets a promise that has this one.
function rejected(reason) {
  const promise = PromiseCtor.reject(reason);
  then(promise, undefined, () => {});
  return promise;
}

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
  const values = {};
  const vars = jobVars();
  const names = keys(vars);
  for (let i = 0; i < names.length; i++) values[names[i]] = vars[names[i]];
  // Whatever is put there becomes a text.
  environment = new ProxyCtor(values, {
    __proto__: null,
    set(target, name, value) {
      target[name] = `${value}`;
      return true;
    },
  });
  return environment;
}

function memoryUsage() {
  const used = ops.memory_used();
  return { rss: used, heapTotal: used, heapUsed: used, external: 0, arrayBuffers: 0 };
}
memoryUsage.rss = () => ops.memory_used();

const members = {
  title: "node", version: "v22.0.0", versions: {
    node: "22.0.0", v8: "12.4.254.14", uv: "1.48.0", zlib: "1.3.0.1-motley", modules: "127", openssl: "3.0.13+quic", unicode: "15.1",
  }, arch: "x64", platform: "linux",
  release: { name: "node", lts: "Jod" }, argv: ["/usr/bin/node", "/code"], argv0: "node", execArgv: [], execPath: "/usr/bin/node",
  pid: 1, ppid: 0, exitCode: undefined, config: { target_defaults: {}, variables: {} }, features: { typescript: false }, stdout: out.stream,
  stderr: err.stream, allowedNodeEnvironmentFlags: new SetCtor(), report: {}, moduleLoadList: [],
  get stdin() { return late("node/standard_input").standardInput(); },
  cwd: () => "/",
  chdir(folder) { throw new ErrorCtor(`process.chdir(${inspect(folder)}): a job has one folder`); },
  exit, reallyExit: exit,
  abort() { exit(134); },
  kill(pid, signal) {
    if (pid === 1 && signal === 0) return true;
    if (pid === 1) exit(143);
    throw new ErrorCtor("process.kill: a job cannot reach other processes");
  },
  nextTick(callback, ...args) { queueMicrotask(() => apply(callback, undefined, args)); },
  uptime: () => ops.clock_now() / 1000,
  hrtime, memoryUsage,
  cpuUsage: () => ({ user: floor(ops.clock_now() * 1000), system: 0 }),
  resourceUsage: () => ({ maxRSS: floor(ops.memory_used() / 1024) }),
  umask: () => 18, getuid: () => 1000, getgid: () => 1000, geteuid: () => 1000, getegid: () => 1000,
  emitWarning(warning) { logger.warn("%s", warning instanceof ErrorCtor ? `${warning.name}: ${warning.message}` : `Warning: ${warning}`); },
  availableMemory: () => (1 << 30) - ops.memory_used(), constrainedMemory: () => 1 << 30,
  getBuiltinModule: (name) => late("node/module").builtinModule(name),
  // The job's vars are its environment already.
  loadEnvFile() {},
  setUncaughtExceptionCaptureCallback() {}, hasUncaughtExceptionCaptureCallback: () => false, setSourceMapsEnabled() {},
  // Old packages look for what these have and do without.
  binding(name) {
    if (name === "tty_wrap" || name === "natives") return {};
    throw new ErrorCtor("process.binding is not available to jobs");
  },
};
const names = keys(members);
for (let i = 0; i < names.length; i++) defineProperty(process, names[i], getOwnPropertyDescriptor(members, names[i]));
const { get, set } = { get() { return env(); }, set(value) { environment = value; } };
defineProperty(process, "env", { get, set, configurable: true, enumerable: true });
defineProperty(process, SymbolCtor.toStringTag, { value: "process", configurable: true, writable: false, enumerable: false });

export default process;
