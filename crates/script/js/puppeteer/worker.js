// Worker: a web, service or shared worker.
import { abortable } from "internal:puppeteer/abort";
import { deliver, EventEmitter } from "internal:puppeteer/event_emitter";
import { pollingOf, waitSource } from "internal:puppeteer/frame";
import { timeoutOf } from "internal:puppeteer/options";
import { define, ridOf } from "internal:core/handles";
import { ops } from "internal:core/ops";
import { encode, refuseJson, source } from "internal:puppeteer/page_function";
import { ErrorCtor } from "internal:core/primordials";

export class Worker extends EventEmitter {
  constructor() { super((name, hears) => { if (typeof name === "string") ops.worker_listen(ridOf(this), name, hears); }); }

  url() { return ops.worker_url(ridOf(this)); }
  async executionContext() { return await ops.worker_execution_context(ridOf(this)); }

  async evaluate(pageFunction, ...args) {
    return await ops.worker_evaluate(ridOf(this), source(pageFunction), encode(args));
  }

  async evaluateHandle(pageFunction, ...args) {
    return await ops.worker_evaluate_handle(ridOf(this), source(pageFunction), encode(args));
  }

  async waitForFunction(workerFunction, options = {}, ...args) {
    const { polling = "raf", timeout, signal } = options;
    const how = polling === "raf" ? 100 : pollingOf(polling);
    const source = waitSource(workerFunction);
    const limit = timeoutOf(timeout);
    const given = encode(args);
    return await abortable(signal, () => ops.worker_wait_for_function(ridOf(this), source, how, limit, given));
  }

  async close() { await ops.worker_close(ridOf(this)); }
  get client() { return ops.worker_client(ridOf(this)); }
  toJSON() { refuseJson(); }
}

define("Worker", Worker, (worker, name, args) => {
  deliver(worker, name, name === "error" ? [new ErrorCtor(args[0])] : args);
}, 100);
