// Node's console: the job's own, and consoles that write to streams.
import { logger } from "internal:node/console";
import { format } from "internal:node/format";
import { inspect } from "internal:core/inspect";
import { apply, create, defineProperty } from "internal:core/primordials";
import { table } from "internal:node/table";

function Console(options, errors) {
  if (!(this instanceof Console)) return new Console(options, errors);
  const { stdout, stderr = stdout } = typeof options?.write === "function" ? { stdout: options, stderr: errors } : options;
  let indentation = "";
  const to = (stream) => (...args) => { stream.write(`${(indentation + apply(format, undefined, args)).replaceAll("\n", `\n${indentation}`)}\n`); };
  const [out, err] = [to(stdout), to(stderr ?? stdout)];
  const group = (...label) => {
    if (label.length > 0) out(...label);
    indentation += "  ";
  };
  return Object.assign(this, {
    log: out, info: out, debug: out, dirxml: out, warn: err, error: err, trace: (...args) => err("Trace:", ...args),
    dir: (value, settings) => out(inspect(value, { customInspect: false, ...settings })),
    table: (data, columns) => out(table(data, columns) ?? data), group, groupCollapsed: group, groupEnd: () => { indentation = indentation.slice(2); },
    assert: (condition, ...args) => { if (!condition) err("Assertion failed", ...args); },
  });
}

const known = create(logger);
defineProperty(known, "Console", { value: Console, writable: true, configurable: true, enumerable: true });
for (const name of ["log", "info", "debug", "warn", "error", "dir", "dirxml", "group", "groupCollapsed", "groupEnd", "time", "timeLog", "timeEnd", "count", "countReset", "assert", "trace", "table"]) {
  defineProperty(known, name, { value: logger[name], writable: true, configurable: true, enumerable: true });
}

export { Console };
export default known;
