// The global `util`.
import { inspect } from "internal:core/inspect";
import { format } from "internal:node/format";

export const util = { format, inspect };
