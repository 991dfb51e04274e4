// util.parseArgs: a script's options out of its arguments, which are process.argv as a rule.
import { append } from "internal:core/arrays";
import { typeError } from "internal:node/node_error";
import { StringCtor, keys, uncurryThis } from "internal:core/primordials";

const startsWith = uncurryThis(StringCtor.prototype.startsWith);
const indexOf = uncurryThis(StringCtor.prototype.indexOf);
const slice = uncurryThis(StringCtor.prototype.slice);

export function parseArgs(config = {}) {
  const { args = [], options = {}, strict = true, allowPositionals = !strict } = config;
  const values = { __proto__: null };
  const positionals = [];
  const shorts = { __proto__: null };
  const names = keys(options);
  for (let i = 0; i < names.length; i++) {
    const { short, default: fallback } = options[names[i]];
    if (short !== undefined) shorts[short] = names[i];
    if (fallback !== undefined) values[names[i]] = fallback;
  }
  const given = { __proto__: null };
  const store = (name, value) => {
    const { multiple = false } = options[name] ?? {};
    if (!multiple) values[name] = value;
    else if (given[name]) append(values[name], value);
    else values[name] = [value];
    given[name] = true;
  };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (arg === "--") {
      for (i++; i < args.length; i++) append(positionals, args[i]);
    } else if (startsWith(arg, "--") || (startsWith(arg, "-") && arg.length > 1)) {
      const long = startsWith(arg, "--");
      const equals = long ? indexOf(arg, "=") : -1;
      const written = long ? slice(arg, 2, equals < 0 ? arg.length : equals) : slice(arg, 1, 2);
      const name = long ? written : shorts[written] ?? written;
      const option = options[name];
      if (option === undefined && strict) {
        throw typeError("ERR_PARSE_ARGS_UNKNOWN_OPTION", `Unknown option '${long ? `--${written}` : `-${written}`}'`);
      }
      if (option?.type === "string") {
        const value = equals >= 0 ? slice(arg, equals + 1) : long ? args[++i] : arg.length > 2 ? slice(arg, 2) : args[++i];
        if (value === undefined && strict) {
          throw typeError("ERR_PARSE_ARGS_INVALID_OPTION_VALUE", `Option '--${name} <value>' argument missing`);
        }
        store(name, value);
      } else {
        store(name, equals >= 0 ? slice(arg, equals + 1) : true);
        if (!long && arg.length > 2) args[i--] = `-${slice(arg, 2)}`;
      }
    } else {
      if (!allowPositionals) {
        throw typeError("ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL", `Unexpected argument '${arg}'. This command does not take positional arguments`);
      }
      append(positionals, arg);
    }
  }
  return { values, positionals };
}
