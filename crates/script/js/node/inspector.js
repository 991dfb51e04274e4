// Node's inspector, of which a job has the names.
import { logger } from "internal:node/console";
import { refusedCalls } from "internal:node/refused";

export default {
  ...refusedCalls("inspector", ["open", "Session", "waitForDebugger"], "a job has no debugger: its log and its trace tell what it does"),
  close() {}, url: () => undefined, console: logger,
};
