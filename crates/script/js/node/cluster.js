// Node's cluster: a job is the primary process and has no workers.
import { EventEmitter } from "internal:node/events";
import { refusedCall } from "internal:node/refused";

const cluster = new EventEmitter();
const setup = () => {};
Object.assign(cluster, {
  isMaster: true, isPrimary: true, isWorker: false, workers: {}, settings: {}, schedulingPolicy: 2, SCHED_NONE: 1, SCHED_RR: 2,
  setupPrimary: setup, setupMaster: setup, disconnect(callback) { callback?.(); },
  fork: refusedCall("cluster.fork", "a job cannot start processes: make further jobs instead"),
});

export default cluster;
