// Coverage: which parts of scripts and style sheets a page uses.
import { define, ridOf } from "internal:core/handles";
import { ops } from "internal:core/ops";
import { refuseJson } from "internal:puppeteer/page_function";

export class Coverage {
  async startJSCoverage(options = {}) {
    const {
      resetOnNavigation = true, reportAnonymousScripts = false, includeRawScriptCoverage = false, useBlockCoverage = true,
    } = options;
    await ops.coverage_start_js(ridOf(this), {
      __proto__: null, resetOnNavigation: !!resetOnNavigation, reportAnonymousScripts: !!reportAnonymousScripts,
      includeRawScriptCoverage: !!includeRawScriptCoverage, useBlockCoverage: !!useBlockCoverage,
    });
  }

  async stopJSCoverage() { return await ops.coverage_stop_js(ridOf(this)); }

  async startCSSCoverage(options = {}) {
    const { resetOnNavigation = true } = options;
    await ops.coverage_start_css(ridOf(this), !!resetOnNavigation);
  }

  async stopCSSCoverage() { return await ops.coverage_stop_css(ridOf(this)); }
  toJSON() { refuseJson(); }
}

define("Coverage", Coverage);
