// Node's dgram, of which a job has the names.
import { EventEmitter } from "internal:node/events";
import { refusedCalls } from "internal:node/refused";

export default { ...refusedCalls("dgram", ["createSocket"], "a job opens no sockets: use fetch"), Socket: class Socket extends EventEmitter {} };
