// puppeteer.launch() of a whole script: the job has its browser already, and answers it.
//
// The first browser is the job's own, with the job's page as its first. Every further one has its own cookies and
// storage: a browser context of the same Chromium. What a script closes is what it opened.
import { append, copy } from "internal:core/arrays";
import { addWait } from "internal:core/end";
import { listenerTotal } from "internal:puppeteer/event_emitter";
import { ridOf } from "internal:core/handles";
import { ops } from "internal:core/ops";
import { films } from "internal:puppeteer/page";
import { refuse } from "internal:puppeteer/page_function";
import { ErrorCtor, StringCtor, apply, create, defineProperty, isArray, uncurryThis } from "internal:core/primordials";

const startsWith = uncurryThis(StringCtor.prototype.startsWith);
const slice = uncurryThis(StringCtor.prototype.slice);
const split = uncurryThis(StringCtor.prototype.split);

// The page of the job, as long as no script has replaced the global.
const jobPage = () => globalThis.page;
let launched = 0;
let open = 0;
// The prelude listens to the page's console.
let quiet;

// An open browser keeps a script alive while somebody listens for what its pages do.
addWait(() => open > 0 && listenerTotal() > quiet);

const WIDTH = 800;
const HEIGHT = 600;

// The viewport of new pages: `null` leaves it, or is the window's.
function viewportOf({ defaultViewport, args = [] }) {
  if (defaultViewport === undefined) return { width: WIDTH, height: HEIGHT };
  if (defaultViewport !== null) return defaultViewport;
  for (let i = 0; i < args.length; i++) {
    if (!startsWith(`${args[i]}`, "--window-size=")) continue;
    const size = split(slice(args[i], 14), ",");
    if (+size[0] > 0 && +size[1] > 0) return { width: +size[0], height: +size[1] };
  }
  return null;
}

// Of all browsers of the script, which are one Chromium.
function setPace(browser, { slowMo, protocolTimeout }) {
  const number = (time) => (+time > 0 ? +time : 0);
  ops.browser_set_pace(ridOf(browser), number(slowMo), number(protocolTimeout));
}

function proxyOf({ args = [] }) {
  for (let i = 0; i < args.length; i++) if (startsWith(`${args[i]}`, "--proxy-server=")) return slice(args[i], 15);
  return undefined;
}

function methods(object, values) {
  for (const name in values) {
    defineProperty(object, name, { value: values[name], writable: true, configurable: true, enumerable: false });
  }
  return object;
}

export async function launch(options = {}) {
  const settings = options ?? {};
  const page = jobPage();
  if (page === undefined) throw new ErrorCtor("puppeteer.launch: this job has no browser");
  if (settings.args !== undefined && !isArray(settings.args)) throw new ErrorCtor("puppeteer.launch: args must be an array");
  const { blocklist, allowlist, downloadBehavior } = settings;
  if (blocklist?.length || allowlist?.length) refuse("blocklist and allowlist of puppeteer.launch()");
  const browser = page.browser();
  quiet ??= listenerTotal();
  if (settings.slowMo > 0 || settings.protocolTimeout > 0) setPace(browser, settings);
  const proxyServer = proxyOf(settings);
  const first = launched++ === 0 && proxyServer === undefined;
  const viewport = viewportOf(settings);
  const context = first ? undefined : await browser.createBrowserContext(proxyServer === undefined ? {} : { proxyServer });
  if (downloadBehavior) await (context ?? page.browserContext()).setDownloadBehavior(downloadBehavior);
  return first ? own(browser, page, viewport) : further(browser, context, viewport);
}

// The job's browser as the script's own.
function own(browser, page, viewport) {
  const { newPage, pages, createBrowserContext } = browser;
  const opened = [];
  const before = [];
  let taken;
  const shown = async (fresh) => {
    if (viewport !== null) await fresh.setViewport(viewport);
    return fresh;
  };
  const first = () => taken ??= shown(page);
  return session(browser, {
    async newPage(options) {
      if (taken === undefined && !page.isClosed() && options?.type !== "window") return first();
      const fresh = await apply(newPage, browser, [options]);
      append(opened, fresh);
      return shown(fresh);
    },
    async pages() {
      if (!page.isClosed()) await first();
      return apply(pages, browser, []);
    },
    async createBrowserContext(options) {
      const context = await apply(createBrowserContext, browser, [options]);
      append(before, context);
      return context;
    },
    async createIncognitoBrowserContext(options) { return this.createBrowserContext(options); },
  }, async () => {
    // The job's page stays, and with it what its films show.
    if (films.finish) await films.finish(() => true);
    for (let i = 0; i < opened.length; i++) if (!opened[i].isClosed()) await opened[i].close();
    for (let i = 0; i < before.length; i++) if (!before[i].closed) await closed(before[i]);
  });
}

// A script may have closed it itself.
async function closed(context) {
  try {
    await context.close();
  } catch {
    return;
  }
}

// A further browser: a context that looks like one.
function further(browser, context, viewport) {
  const contexts = [];
  const facade = create(browser);
  session(facade, {
    async newPage(options) {
      const fresh = await context.newPage(options);
      if (viewport !== null) await fresh.setViewport(viewport);
      return fresh;
    },
    async pages() { return context.pages(); },
    targets() { return context.targets(); },
    waitForTarget(predicate, options) { return context.waitForTarget(predicate, options); },
    browserContexts() { return [context, ...copy(contexts)]; },
    defaultBrowserContext() { return context; },
    async createBrowserContext(options) {
      const more = await browser.createBrowserContext(options);
      append(contexts, more);
      return more;
    },
    async createIncognitoBrowserContext(options) { return this.createBrowserContext(options); },
    async version() { return browser.version(); },
    async userAgent() { return browser.userAgent(); },
    target() { return browser.target(); },
    toJSON() { return {}; },
  }, async () => {
    for (let i = 0; i < contexts.length; i++) await closed(contexts[i]);
    await closed(context);
  });
  const of = ["getWindowBounds", "setWindowBounds", "screens", "addScreen", "removeScreen"];
  for (let i = 0; i < of.length; i++) methods(facade, { [of[i]]: (...args) => apply(browser[of[i]], browser, args) });
  const names = ["on", "once", "off", "addListener", "removeListener", "removeAllListeners", "emit", "listenerCount"];
  for (let i = 0; i < names.length; i++) {
    methods(facade, { [names[i]]: (...args) => {
      const answer = apply(browser[names[i]], browser, args);
      return answer === browser ? facade : answer;
    } });
  }
  return facade;
}

function session(browser, own, end) {
  let connected = true;
  open++;
  const leave = async () => {
    if (!connected) return;
    connected = false;
    open--;
    await end();
    browser.emit("disconnected");
  };
  methods(browser, {
    ...own,
    close: leave,
    disconnect: leave,
    isConnected() { return connected; },
    process() { return null; },
    wsEndpoint() { return "ws://puppet-master/browser"; },
    [Symbol.asyncDispose]: leave,
  });
  defineProperty(browser, "connected", { __proto__: null, get: () => connected, configurable: true });
  return browser;
}
