// JSHandle: a value inside the page.
import { MapCtor, uncurryThis } from "internal:core/primordials";
import { define, ridOf } from "internal:core/handles";
import { ops } from "internal:core/ops";
import { quietly } from "internal:puppeteer/disposal";
import { encode, refuseJson, source } from "internal:puppeteer/page_function";

const mapSet = uncurryThis(MapCtor.prototype.set);

export class JSHandle {
  #moved = false;

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
  get disposed() { return ops.js_handle_is_disposed(ridOf(this)); }
  // What leaves its scope by `using` is disposed of; a handle that was moved is not.
  move() {
    this.#moved = true;
    return this;
  }
  remoteObject() { return ops.js_handle_remote_object(ridOf(this)); }
  [Symbol.dispose]() { if (!this.#leaves()) quietly(this.dispose()); }
  async [Symbol.asyncDispose]() { if (!this.#leaves()) await this.dispose(); }
  toString() { return ops.js_handle_to_string(ridOf(this)); }
  toJSON() { refuseJson(); }

  // Whether the handle was moved out of the scope that ends.
  #leaves() {
    const moved = this.#moved;
    this.#moved = false;
    return moved;
  }
}

define("JSHandle", JSHandle);
