// Node's fs/promises.
import { promises } from "internal:node/fs";

export default promises;
