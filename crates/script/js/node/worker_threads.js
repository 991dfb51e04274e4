// Node's worker_threads: a job is its main thread and starts no others.
import { MessageChannel, MessagePort } from "internal:node/message_channel";
import { refusedCall } from "internal:node/refused";
import { MapCtor, SymbolCtor, uncurryThis } from "internal:core/primordials";

const mapGet = uncurryThis(MapCtor.prototype.get);
const mapSet = uncurryThis(MapCtor.prototype.set);
const environment = new MapCtor();
const REASON = "a job has one thread: run the work in it, in page.evaluate(), or in a job of its own";

export default {
  isMainThread: true, isInternalThread: false, parentPort: null, workerData: null, threadId: 0, resourceLimits: {},
  SHARE_ENV: SymbolCtor("nodejs.worker_threads.SHARE_ENV"), MessageChannel, MessagePort,
  Worker: refusedCall("worker_threads.Worker", REASON),
  BroadcastChannel: refusedCall("worker_threads.BroadcastChannel", REASON),
  getEnvironmentData: (key) => mapGet(environment, key),
  setEnvironmentData: (key, value) => { mapSet(environment, key, value); },
  markAsUntransferable() {},
  moveMessagePortToContext: refusedCall("worker_threads.moveMessagePortToContext", REASON),
  receiveMessageOnPort: () => undefined,
};
