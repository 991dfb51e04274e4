// Node's console.
import { logger } from "internal:node/console";

export default logger;
