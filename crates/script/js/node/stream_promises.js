// Node's stream/promises.
import { promises } from "internal:node/stream";

export default promises;
