// Node's util/types.
import util from "internal:node/util";

export default util.types;
