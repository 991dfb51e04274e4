// Node's module.
import { CODE } from "internal:core/errors";
import { requireFor } from "internal:core/modules";
import { refusedCalls } from "internal:node/refused";
import { ErrorCtor } from "internal:core/primordials";

const builtinModules = [
  "assert", "assert/strict", "async_hooks", "buffer", "child_process", "cluster", "console", "constants", "crypto",
  "dgram", "diagnostics_channel", "dns", "dns/promises", "domain", "events", "fs", "fs/promises", "http", "http2",
  "https", "inspector", "inspector/promises", "module", "net", "os", "path", "path/posix", "path/win32", "perf_hooks",
  "process", "punycode", "querystring", "readline", "readline/promises", "repl", "stream", "stream/consumers",
  "stream/promises", "stream/web", "string_decoder", "sys", "timers", "timers/promises", "tls", "tty", "url", "util",
  "util/types", "v8", "vm", "worker_threads", "zlib",
];

// Files of a job have one folder in common, so that every one of them finds the same.
function createRequire() { return requireFor(CODE, undefined); }
const plainName = (name) => `${name}`.replace(/^node:/, "");
const isBuiltin = (name) => builtinModules.includes(plainName(name));

// A module of Node by its name, for process.getBuiltinModule.
export function builtinModule(name) {
  return isBuiltin(name) ? createRequire()(`node:${plainName(name)}`) : undefined;
}

// What old programs know as a class; in a job nobody makes one.
function Module() { throw new ErrorCtor("module.Module: the modules of a job are those that came with it"); }
Object.assign(Module, {
  Module, createRequire, builtinModules, isBuiltin, globalPaths: [], _extensions: { __proto__: null }, _cache: { __proto__: null },
  ...refusedCalls("module", ["register", "registerHooks"], "the modules of a job are those that came with it"),
  _resolveFilename: (name) => createRequire().resolve(name), _load: (name) => createRequire()(name), _nodeModulePaths: () => [],
  enableCompileCache() {}, flushCompileCache() {}, getCompileCacheDir() {}, syncBuiltinESMExports() {}, findSourceMap() {},
});

export default Module;
