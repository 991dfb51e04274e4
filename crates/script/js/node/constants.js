// Node's constants: what files and signals are called by number.
import fs from "internal:node/fs";
import os from "internal:node/os";

export default { ...os.constants.errno, ...os.constants.priority, ...os.constants.signals, ...fs.constants };
