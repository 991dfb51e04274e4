// Tracing: a timeline for DevTools.
import { map } from "internal:arrays";
import { define, ridOf } from "internal:handles";
import { ops } from "internal:ops";
import { text } from "internal:options";
import { refuseJson } from "internal:page_function";

export class Tracing {
  #path = null;

  async start(options = {}) {
    const { path = null, screenshots = false, categories } = options;
    const names = categories === undefined ? undefined : map(categories, (each) => `${each}`);
    this.#path = text(path);
    await ops.tracing_start(ridOf(this), this.#path, !!screenshots, names);
  }

  async stop() { return await ops.tracing_stop(ridOf(this), this.#path); }
  toJSON() { refuseJson(); }
}

define("Tracing", Tracing);
