// Node's dns/promises.
import { promises } from "internal:node/dns";

export default promises;
