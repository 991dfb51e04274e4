// Node's module.
import { CODE } from "internal:core/errors";
import { requireFor } from "internal:core/modules";

const builtinModules = [
  "assert", "assert/strict", "buffer", "console", "crypto", "events", "fs", "fs/promises", "module", "os", "path", "path/posix",
  "perf_hooks", "process", "querystring", "stream", "stream/promises", "stream/web", "string_decoder", "timers", "timers/promises", "url", "util",
];

// Files of a job have one folder in common, so that every one of them finds the same.
function createRequire() { return requireFor(CODE, undefined); }
const isBuiltin = (name) => builtinModules.includes(`${name}`.replace(/^node:/, ""));

export default { createRequire, builtinModules, isBuiltin };
