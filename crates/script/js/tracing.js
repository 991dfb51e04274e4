// Tracing: a timeline for DevTools.
import { map } from "internal:arrays";
import { define, ridOf } from "internal:handles";
import { ops } from "internal:ops";
import { text } from "internal:options";
import { refuseJson } from "internal:page_function";

export class Tracing {
  async start(options = {}) {
    const { path = null, screenshots = false, categories } = options;
    const names = categories === undefined ? undefined : map(categories, (each) => `${each}`);
    await ops.tracing_start(ridOf(this), text(path), !!screenshots, names);
  }

  async stop() { return ops.tracing_stop(ridOf(this)); }
  toJSON() { refuseJson(); }
}

define("Tracing", Tracing);
