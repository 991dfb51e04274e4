// Node's readline/promises.
import { promises } from "internal:node/readline";
export default promises;
