import { ops } from "internal:ops";
import { format } from "internal:format";
import { apply } from "internal:primordials";
const write = (level) => (...args) => { ops.log(level, apply(format, undefined, args)); };
export const logger = {
  log: write("INFO"), info: write("INFO"), debug: write("DEBUG"), warn: write("WARN"), warning: write("WARN"), error: write("ERROR"),
};
