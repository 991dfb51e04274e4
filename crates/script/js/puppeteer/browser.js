// Browser: the Chromium that the job's page runs in.
import { map } from "internal:core/arrays";
import { MapCtor, SymbolCtor, apply } from "internal:core/primordials";
import { quietly } from "internal:puppeteer/disposal";
import { deliver, EventEmitter } from "internal:puppeteer/event_emitter";
import { films } from "internal:puppeteer/page";
import { waitForEvent } from "internal:puppeteer/event_wait";
import { define, ridOf } from "internal:core/handles";
import { late } from "internal:core/late";
import { ops } from "internal:core/ops";
import { newPageOptions, timeoutOf } from "internal:puppeteer/options";
import { refuse, refuseJson } from "internal:puppeteer/page_function";

export class Browser extends EventEmitter {
  process() { return ops.browser_process(ridOf(this)); }
  async createIncognitoBrowserContext(options) { return await createBrowserContext(this, options); }
  async createBrowserContext(options) { return await createBrowserContext(this, options); }

  browserContexts() { return ops.browser_browser_contexts(ridOf(this)); }
  defaultBrowserContext() { return ops.browser_default_browser_context(ridOf(this)); }
  wsEndpoint() { return ops.browser_ws_endpoint(ridOf(this)); }
  async newPage(options) { return await ops.browser_new_page(ridOf(this), newPageOptions(options)); }
  targets() { return ops.browser_targets(ridOf(this)); }
  target() { return ops.browser_target(ridOf(this)); }
  waitForTarget(predicate, options) { return waitForTarget(this, predicate, options); }
  async pages() { return await ops.browser_pages(ridOf(this)); }
  async version() { return await ops.browser_version(ridOf(this)); }
  async userAgent() { return await ops.browser_user_agent(ridOf(this)); }

  async close() {
    if (films.finish) await films.finish(() => true);
    await ops.browser_close(ridOf(this));
  }

  disconnect() { ops.browser_disconnect(ridOf(this)); }
  isConnected() { return ops.browser_is_connected(ridOf(this)); }
  get connected() { return ops.browser_is_connected(ridOf(this)); }
  cookies() { return this.defaultBrowserContext().cookies(); }
  setCookie(...cookies) { return onDefault(this, "setCookie", cookies); }
  deleteCookie(...cookies) { return onDefault(this, "deleteCookie", cookies); }
  deleteMatchingCookies(...filters) { return onDefault(this, "deleteMatchingCookies", filters); }
  setPermission(origin, ...permissions) { return onDefault(this, "setPermission", arguments); }

  async getWindowBounds(windowId) { return await windows().bounds(this, windowId); }
  async setWindowBounds(windowId, windowBounds) { await windows().setBounds(this, windowId, windowBounds); }
  async screens() { return await windows().screens(this); }
  async addScreen(params) { return await windows().addScreen(this, params); }
  async removeScreen(screenId) { await windows().removeScreen(this, screenId); }
  // A job's browser has no extensions.
  async extensions() { return new MapCtor(); }
  async installExtension(path, options) { refuse("browser.installExtension()"); }
  async uninstallExtension(id) { refuse("browser.uninstallExtension()"); }
  async installPWA(options) { refuse("browser.installPWA()"); }
  async uninstallPWA(options) { refuse("browser.uninstallPWA()"); }
  async launchPWA(options) { refuse("browser.launchPWA()"); }
  async getPWAState(options) { refuse("browser.getPWAState()"); }
  async restrictNetwork(conditions) { refuse("browser.restrictNetwork()"); }
  get debugInfo() { return refuse("browser.debugInfo"); }

  [SymbolCtor.dispose]() { quietly(this.close()); }
  async [SymbolCtor.asyncDispose]() { await this.close(); }
  toJSON() { refuseJson(); }
}

define("Browser", Browser, deliver, 1);

const windows = () => late("puppeteer/windows");

async function createBrowserContext(browser, options) {
  const { proxyServer, proxyBypassList, downloadBehavior } = options ?? {};
  const server = proxyServer === undefined || proxyServer === null ? undefined : `${proxyServer}`;
  const bypassed = map(proxyBypassList ?? [], (host) => `${host}`);
  const context = await ops.browser_create_browser_context(ridOf(browser), server, bypassed);
  if (downloadBehavior) await context.setDownloadBehavior(downloadBehavior);
  return context;
}

// What the default context answers.
function onDefault(browser, method, args) {
  const context = browser.defaultBrowserContext();
  return apply(context[method], context, args);
}

// The first of the targets of a browser or browser context, now or later, that the predicate accepts.
export async function waitForTarget(owner, predicate, options = {}) {
  const { timeout = 30000, signal } = options;
  const limit = timeoutOf(timeout);
  return await waitForEvent(owner, {
    names: ["targetcreated", "targetchanged"], accepts: (target) => predicate(target), timeout: limit,
    failed: () => ops.wait_target_timed_out(limit), now: owner.targets(), signal,
  });
}
