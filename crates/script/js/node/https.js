// Node's https.
import { moduleFor } from "internal:node/http";

export default moduleFor("https:");
