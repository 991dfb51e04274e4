// Node's child_process, of which a job has the names: it starts no processes.
import { EventEmitter } from "internal:node/events";
import { refusedCalls } from "internal:node/refused";

const REASON = "a job cannot start processes: do in JavaScript what the program does, or run it where the job's files are fetched";

export default {
  ...refusedCalls("child_process", ["exec", "execFile", "execFileSync", "execSync", "fork", "spawn", "spawnSync"], REASON),
  ChildProcess: class ChildProcess extends EventEmitter {},
};
