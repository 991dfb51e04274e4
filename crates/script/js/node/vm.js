// Node's vm, of which a job has the names: it has one world, its own.
import { refusedCalls } from "internal:node/refused";

const REASON = "a job has no second JavaScript world: run the code with page.evaluate(), or in a job of its own";

export default {
  ...refusedCalls("vm", ["Script", "SourceTextModule", "SyntheticModule", "compileFunction", "measureMemory", "runInContext", "runInNewContext", "runInThisContext"], REASON),
  createContext: (object = {}) => object, isContext: () => false, constants: {},
};
