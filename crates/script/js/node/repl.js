// Node's repl, of which a job has the names.
import { refusedCalls } from "internal:node/refused";

export default { ...refusedCalls("repl", ["start", "REPLServer"], "a job has no terminal: give its input as vars"), builtinModules: [] };
