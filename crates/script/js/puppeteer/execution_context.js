// ExecutionContext: where page code runs.
import { define, ridOf } from "internal:core/handles";
import { ops } from "internal:core/ops";
import { encode, refuseJson, source } from "internal:puppeteer/page_function";

export class ExecutionContext {
  frame() { return ops.execution_context_frame(ridOf(this)); }

  async evaluate(pageFunction, ...args) {
    return await ops.execution_context_evaluate(ridOf(this), source(pageFunction), encode(args));
  }

  async evaluateHandle(pageFunction, ...args) {
    return await ops.execution_context_evaluate_handle(ridOf(this), source(pageFunction), encode(args));
  }

  async queryObjects(prototypeHandle) {
    return await ops.execution_context_query_objects(ridOf(this), ridOf(prototypeHandle));
  }

  toJSON() { refuseJson(); }
}

define("ExecutionContext", ExecutionContext);
