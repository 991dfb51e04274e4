// BrowserContext: pages that share cookies and storage.
import { append, map } from "internal:core/arrays";
import { SymbolCtor, apply, jsonStringify } from "internal:core/primordials";
import { fromProtocol, toProtocol } from "internal:puppeteer/cookie_forms";
import { quietly } from "internal:puppeteer/disposal";
import { waitForTarget } from "internal:puppeteer/browser";
import { deliver, EventEmitter } from "internal:puppeteer/event_emitter";
import { films } from "internal:puppeteer/page";
import { define, ridOf } from "internal:core/handles";
import { late } from "internal:core/late";
import { ops } from "internal:core/ops";
import { newPageOptions, text } from "internal:puppeteer/options";
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
  async newPage(options) { return await ops.browser_context_new_page(ridOf(this), newPageOptions(options)); }

  // What becomes of downloads. Newer Puppeteers do not document it.
  async setDownloadBehavior({ policy, downloadPath }) {
    await ops.browser_context_set_download_behavior(ridOf(this), `${policy}`, text(downloadPath));
  }

  browser() { return ops.browser_context_browser(ridOf(this)); }

  async close() {
    if (films.finish) await films.finish((page) => page.browserContext() === this);
    await ops.browser_context_close(ridOf(this));
  }

  get closed() { return ops.browser_context_is_closed(ridOf(this)); }
  get id() { return ops.browser_context_id(ridOf(this)); }

  async setPermission(origin, ...permissions) {
    const settings = map(permissions, ({ permission, state }) => {
      const { name, userVisibleOnly, sysex, allowWithoutSanitization, panTiltZoom } = permission;
      return { permission: { name, userVisibleOnly, sysex, allowWithoutSanitization, panTiltZoom }, state };
    });
    await ops.browser_context_set_permissions(ridOf(this), `${origin}`, jsonStringify(settings));
  }

  async cookies() { return map(await ops.browser_context_cookies(ridOf(this)), fromProtocol); }
  async setCookie(...cookies) { await ops.browser_context_set_cookies(ridOf(this), jsonStringify(map(cookies, toProtocol))); }

  // A cookie that expires at the beginning of time is gone.
  async deleteCookie(...cookies) {
    const gone = map(cookies, (cookie) => {
      const past = toProtocol(cookie);
      past.expires = 1;
      return past;
    });
    await ops.browser_context_set_cookies(ridOf(this), jsonStringify(gone));
  }

  async deleteMatchingCookies(...filters) {
    const cookies = await this.cookies();
    const matching = [];
    for (let i = 0; i < cookies.length; i++) {
      for (let j = 0; j < filters.length; j++) {
        if (!matches(cookies[i], filters[j])) continue;
        append(matching, cookies[i]);
        break;
      }
    }
    await apply(this.deleteCookie, this, matching);
  }

  [SymbolCtor.dispose]() { quietly(this.close()); }
  async [SymbolCtor.asyncDispose]() { await this.close(); }
  toJSON() { refuseJson(); }
}

// Whether a filter of newer Puppeteers means the cookie.
function matches(cookie, { name, url, domain, path, partitionKey }) {
  if (name !== cookie.name) return false;
  if (domain !== undefined && domain === cookie.domain) return true;
  if (path !== undefined && path === cookie.path) return true;
  if (partitionKey !== undefined && cookie.partitionKey !== undefined) {
    const asked = typeof partitionKey === "string" ? partitionKey : partitionKey.sourceOrigin;
    if (asked === cookie.partitionKey.sourceOrigin) return true;
  }
  if (url !== undefined) {
    const { URL } = late("node/url");
    const address = new URL(url);
    if (address.hostname === cookie.domain && address.pathname === cookie.path) return true;
    return false;
  }
  return domain === undefined && path === undefined && partitionKey === undefined;
}

define("BrowserContext", BrowserContext, deliver, 100);
