// Accessibility: the tree that assistive technology sees.
import { define, ridOf } from "internal:core/handles";
import { ops } from "internal:core/ops";
import { refuseJson } from "internal:puppeteer/page_function";

export class Accessibility {
  async snapshot(options = {}) {
    const { interestingOnly = true, root = null } = options;
    return await ops.accessibility_snapshot(ridOf(this), !!interestingOnly, root === null ? null : ridOf(root));
  }

  toJSON() { refuseJson(); }
}

define("Accessibility", Accessibility);
