// What a job's sandbox does not have: its modules can be imported, and say at the call what to use instead.
import { ErrorCtor, defineProperty } from "internal:core/primordials";

// A function, or a class, of that name that says so.
export function refusedCall(name, reason) {
  function refuse() {
    const error = new ErrorCtor(`${name}: ${reason}`);
    error.code = "ERR_NOT_IN_A_JOB";
    throw error;
  }
  const short = name.slice(name.lastIndexOf(".") + 1);
  defineProperty(refuse, "name", { value: short, configurable: true, enumerable: false, writable: false });
  return refuse;
}

export function refusedCalls(module, names, reason) {
  const calls = {};
  for (let i = 0; i < names.length; i++) calls[names[i]] = refusedCall(`${module}.${names[i]}`, reason);
  return calls;
}
