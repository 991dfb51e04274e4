// JSHandle: a value inside the page.
import { MapCtor, uncurryThis } from "internal:core/primordials";
import { define, ridOf } from "internal:core/handles";
import { ops } from "internal:core/ops";
import { encode, refuseJson, source } from "internal:puppeteer/page_function";

const mapSet = uncurryThis(MapCtor.prototype.set);

export class JSHandle {
  executionContext() { return ops.js_handle_execution_context(ridOf(this)); }

  async evaluate(pageFunction, ...args) {
    return await ops.js_handle_evaluate(ridOf(this), source(pageFunction), encode(args));
  }

  async evaluateHandle(pageFunction, ...args) {
    return await ops.js_handle_evaluate_handle(ridOf(this), source(pageFunction), encode(args));
  }

  async getProperty(propertyName) { return await ops.js_handle_get_property(ridOf(this), `${propertyName}`); }

  async getProperties() {
    const entries = await ops.js_handle_get_properties(ridOf(this));
    const properties = new MapCtor();
    for (let i = 0; i < entries.length; i++) mapSet(properties, entries[i][0], entries[i][1]);
    return properties;
  }

  async jsonValue() { return await ops.js_handle_json_value(ridOf(this)); }
  asElement() { return null; }
  async dispose() { await ops.js_handle_dispose(ridOf(this)); }
  toString() { return ops.js_handle_to_string(ridOf(this)); }
  toJSON() { refuseJson(); }
}

define("JSHandle", JSHandle);
