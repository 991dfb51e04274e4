// Target: a page, worker or other thing that can be attached to.
import { modern } from "internal:core/api";
import { define, ridOf } from "internal:core/handles";
import { ops } from "internal:core/ops";
import { refuseJson } from "internal:puppeteer/page_function";

export class Target {
  url() { return ops.target_url(ridOf(this)); }
  type() { return ops.target_type(ridOf(this)); }
  async page() { return await ops.target_page(ridOf(this)); }
  async asPage() { return await ops.target_as_page(ridOf(this)); }
  async worker() { return await ops.target_worker(ridOf(this)); }
  opener() { return ops.target_opener(ridOf(this)) ?? nobody(); }
  browser() { return ops.target_browser(ridOf(this)); }
  browserContext() { return ops.target_browser_context(ridOf(this)); }
  async createCDPSession() { return await ops.target_create_cdp_session(ridOf(this)); }
  toJSON() { refuseJson(); }
}

// Nobody has opened it: 1.20 says null.
function nobody() { return modern ? undefined : null; }

define("Target", Target, undefined, 100);
