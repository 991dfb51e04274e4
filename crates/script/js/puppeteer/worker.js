// Worker: a web, service or shared worker.
import { EventEmitter } from "internal:puppeteer/event_emitter";
import { define, ridOf } from "internal:core/handles";
import { ops } from "internal:core/ops";
import { encode, refuseJson, source } from "internal:puppeteer/page_function";

export class Worker extends EventEmitter {
  url() { return ops.worker_url(ridOf(this)); }
  async executionContext() { return await ops.worker_execution_context(ridOf(this)); }

  async evaluate(pageFunction, ...args) {
    return await ops.worker_evaluate(ridOf(this), source(pageFunction), encode(args));
  }

  async evaluateHandle(pageFunction, ...args) {
    return await ops.worker_evaluate_handle(ridOf(this), source(pageFunction), encode(args));
  }

  toJSON() { refuseJson(); }
}

define("Worker", Worker, undefined, 100);
