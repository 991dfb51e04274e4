// BrowserContext: pages that share cookies and storage.
import { map } from "internal:core/arrays";
import { waitForTarget } from "internal:puppeteer/browser";
import { deliver, EventEmitter } from "internal:puppeteer/event_emitter";
import { define, ridOf } from "internal:core/handles";
import { ops } from "internal:core/ops";
import { refuseJson } from "internal:puppeteer/page_function";

export class BrowserContext extends EventEmitter {
  targets() { return ops.browser_context_targets(ridOf(this)); }
  waitForTarget(predicate, options) { return waitForTarget(this, predicate, options); }
  async pages() { return await ops.browser_context_pages(ridOf(this)); }
  isIncognito() { return ops.browser_context_is_incognito(ridOf(this)); }

  async overridePermissions(origin, permissions) {
    const names = map(permissions, (name) => `${name}`);
    await ops.browser_context_override_permissions(ridOf(this), `${origin}`, names);
  }

  async clearPermissionOverrides() { await ops.browser_context_clear_permission_overrides(ridOf(this)); }
  async newPage() { return await ops.browser_context_new_page(ridOf(this)); }
  browser() { return ops.browser_context_browser(ridOf(this)); }
  async close() { await ops.browser_context_close(ridOf(this)); }
  toJSON() { refuseJson(); }
}

define("BrowserContext", BrowserContext, deliver, 100);
