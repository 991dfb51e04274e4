// Tracing: a timeline for DevTools.
import { map } from "internal:core/arrays";
import { define, ridOf } from "internal:core/handles";
import { ops } from "internal:core/ops";
import { text } from "internal:puppeteer/options";
import { NumberCtor } from "internal:core/primordials";
import { refuseJson } from "internal:puppeteer/page_function";

export class Tracing {
  #path = null;

  async start(options = {}) {
    const { path = null, screenshots = false, categories, bufferSize } = options;
    const names = categories === undefined ? undefined : map(categories, (each) => `${each}`);
    this.#path = text(path);
    await ops.tracing_start(ridOf(this), this.#path, !!screenshots, names, bufferSize === undefined ? undefined : NumberCtor(bufferSize));
  }

  async stop() { return await ops.tracing_stop(ridOf(this), this.#path); }
  toJSON() { refuseJson(); }
}

define("Tracing", Tracing);
