import { equal, fails, record, watch } from "watch";
watch(page);
equal([String(page), page.viewport()], ["[object Object]", { width: 1920, height: 1080 }]);
equal(page.keyboard === page.keyboard && page.mouse === page.mouse && page.touchscreen === page.touchscreen, true);
equal(page.coverage === page.coverage && page.tracing === page.tracing && page.accessibility === page.accessibility, true);
equal(page.target().page() instanceof Promise && (await page.target().page()) === page, true);
equal(page.browser() === page.browserContext().browser(), true);

// Documents.
equal((await page.goto(`${vars.site}/form.html`)).ok(), true);
equal([page.url(), await page.title()], [`${vars.site}/form.html`, "Form"]);
equal((await page.reload()).status(), 200);
const [response] = await Promise.all([page.waitForNavigation(), page.evaluate(() => { location.href = "/next.html"; })]);
equal(response.url(), `${vars.site}/next.html`);
equal((await page.goBack()).url(), `${vars.site}/form.html`);
equal((await page.goForward()).url(), `${vars.site}/next.html`);
await fails(page.goto(vars.site, { waitUntil: "networkidle" }), '"networkidle" option is no longer supported');
await page.goto(`${vars.site}/form.html`);
equal((await page.content()).includes("Press me"), true);
equal(page.frames().length, 1);
equal(page.workers().length, 0);
equal(String(await page.evaluateHandle("document.body")), "JSHandle@node");
await fails(page.evaluate(Math.max), "Passed function is not well-serializable!");
equal([(await page.$$("select")).length, (await page.$x("//select")).length], [2, 2]);
equal(await page.$eval("#city", (element) => element.value), "Bonn");
equal(await page.$$eval("select", (all) => all.length), 2);
equal(await page.$("nope"), null);
const prototype = await page.evaluateHandle(() => { class Found {} window.kept = new Found(); return Found.prototype; });
equal(await (await page.queryObjects(prototype)).evaluate((list) => list.length), 1);

// Actions and waits.
await page.click("#press");
await page.tap("#press");
await page.hover("#warm");
await page.focus("#name");
await page.type("#name", "Ada");
equal(await page.select("#size", "s"), ["s"]);
equal(String(await page.waitFor("//select")), "JSHandle@node");
await page.waitFor(1);
await page.waitForTimeout(1);
await page.waitForSelector("#name", { visible: true });
await page.waitForXPath("//select");
equal(await (await page.waitForFunction((a) => a, {}, 7)).jsonValue(), 7);
await page.locator("#press").click();
const answers = await Promise.all([
  page.waitForRequest(`${vars.site}/data.json`),
  page.waitForResponse((each) => each.url().endsWith("data.json")),
  page.evaluate(() => fetch("/data.json").then((answer) => answer.text())),
]);
equal([answers[0].method(), answers[1].status()], ["GET", 200]);
await page.waitForNetworkIdle({ idleTime: 10 });
await fails(page.waitForRequest("x", { timeout: 5 }), "Timeout exceeded while waiting for event");
const [inner] = await Promise.all([
  page.waitForFrame((frame) => frame.name() === "inner"),
  page.evaluate(() => { document.body.append(Object.assign(document.createElement("iframe"), { name: "inner" })); }),
]);
equal(inner.name(), "inner");
equal(await page.waitForFrame(page.url()) === page.mainFrame(), true);
await fails(page.waitForFrame("nowhere", { timeout: 5 }), "Timeout exceeded while waiting for event");
await fails(page.waitForFileChooser({ timeout: 5 }), "waiting for file chooser failed");
await fails(page.waitForRequest("x", { timeout: -1 }), "Timeout exceeded while waiting for event");
await fails(page.waitForSelector("nope", { timeout: -1 }), 'waiting for selector "nope" failed: timeout -1ms exceeded');
await fails(page.waitForNavigation({ timeout: -1 }), "Navigation Timeout Exceeded: -1ms exceeded");
await fails(page.addScriptTag({ path: "/nowhere/at/all" }), "ENOENT: no such file or directory, open '/nowhere/at/all'");
await page.addScriptTag({ content: "window.added = 1" });
await page.addStyleTag({ content: "body { color: rgb(1, 2, 3) }" });
await page.exposeFunction("twice", async (number) => number * 2);
equal(await page.evaluate(() => twice(21)), 42);
await page.evaluateOnNewDocument((value) => { window.early = value; }, 5);

// Predicates may take their time, and a signal ends a wait.
const later = page.waitForResponse(async (each) => { await sleep(1); return each.url().endsWith("?second"); });
await page.evaluate(async () => { await fetch("/data.json?first"); await fetch("/data.json?second"); });
equal((await later).url().endsWith("?second"), true);
const signal = () => {
  const heard = [];
  return {
    aborted: false, addEventListener(_, run) { heard.push(run); }, removeEventListener() {},
    abort(reason) { this.aborted = true; this.reason = reason; heard.forEach((run) => run()); },
  };
};
for (const wait of [
  (options) => page.waitForSelector("nope", options), (options) => page.waitForFunction("false", options),
  (options) => page.waitForRequest("nope", options), (options) => page.waitForFrame("nope", options),
  (options) => page.waitForNavigation(options), (options) => page.waitForFileChooser(options),
  (options) => page.locator("nope").click(options), (options) => page.browser().waitForTarget(() => false, options),
]) {
  const ended = signal();
  const waiting = wait({ signal: ended });
  setTimeout(() => ended.abort(new Error("enough")), 5);
  await fails(waiting, "enough");
  await fails(wait({ signal: ended }), "enough");
}
await page.removeExposedFunction("twice");
equal(await page.evaluate(() => typeof twice), "undefined");
const { identifier } = await page.evaluateOnNewDocument(() => { window.never = 1; });
await page.removeScriptToEvaluateOnNewDocument(identifier);

// Events of the script's own.
const ours = Symbol("ours");
page.once(ours, (value) => { results.ours = value; });
equal([page.emit(ours, 7), page.emit(ours, 8), results.ours], [true, false, 7]);

// Settings.
page.setDefaultTimeout(20000);
equal(page.getDefaultTimeout(), 20000);
page.setDefaultNavigationTimeout(21000);
equal(page.getDefaultNavigationTimeout(), 21000);
await page.setCookie({ name: "a", value: "1" }, { name: "b", value: "2" });
await page.deleteCookie({ name: "a" });
equal((await page.cookies()).map((cookie) => cookie.name), ["b"]);
await page.setExtraHTTPHeaders({ "X-Extra": "yes" });
await fails(page.setExtraHTTPHeaders({ a: 5 }), 'Expected value of header "a" to be String, but "number" is found.');
await page.setUserAgent("agent/1");
await page.setCacheEnabled(false);
await page.setBypassCSP(true);
await page.authenticate({ username: "user", password: "pass" });
equal((await page.goto(`${vars.site}/auth`)).status(), 200);
await page.authenticate(null);
await page.setRequestInterception(true);
page.once("request", (request) => request.abort());
await fails(page.goto(vars.site), "net::ERR_FAILED");
await page.setRequestInterception(false);
await page.setOfflineMode(true);
await fails(page.goto(vars.site), "net::ERR_INTERNET_DISCONNECTED");
await page.setOfflineMode(false);
await page.goto(vars.site);
equal(await page.evaluate(() => [window.early, navigator.userAgent]), [5, "agent/1"]);
await page.setUserAgent({ userAgent: "agent/3", platform: "Mars" });
equal(await page.evaluate(() => [navigator.userAgent, navigator.platform, window.never]), ["agent/3", "Mars", null]);
equal(page.isServiceWorkerBypassed(), false);
await page.setBypassServiceWorker(true);
equal(page.isServiceWorkerBypassed(), true);
await page.emulateNetworkConditions(puppeteer.PredefinedNetworkConditions["Fast 4G"]);
await page.emulateNetworkConditions(null);
await page.emulateLocale("fr-FR");
equal(await page.evaluate(() => new Intl.NumberFormat().resolvedOptions().locale), "fr-FR");
await page.emulateLocale();
await page.emulateFocusedPage(true);
await page.emulateIdleState({ isUserActive: false, isScreenUnlocked: false });
await page.emulateIdleState();
await page.setCookie({ name: "kept", value: "1", sameSite: "Default" });
await page.deleteCookie({ name: "kept" });
equal((await page.reload({ ignoreCache: true })).status(), 200);
equal((await page.goto(`${vars.site}/headers`, { referer: `${vars.site}/x`, referrerPolicy: "unsafe-url" })).status(), 200);
await page.setGeolocation(null);
await page.setViewport(null);
equal(page.viewport(), null);
equal(page.isJavaScriptEnabled(), true);
await page.setJavaScriptEnabled(false);
await page.setJavaScriptEnabled(true);
const size = { width: 300, height: 200, note: "mine" };
await page.setViewport(size);
equal(page.viewport() === size, true);
await page.emulate(puppeteer.devices["iPhone 6"]);
equal(page.viewport().isMobile, true);
await fails(page.setViewport({ width: "wide", height: 1 }), 'Invalid parameters: width: invalid type: string "wide"');
await fails(page.setViewport({ width: 1 }), "Invalid parameters: missing field `height`");
await page.emulate({ viewport: { width: 300, height: 200 }, userAgent: "agent/2" });
const matches = (query) => page.evaluate((text) => matchMedia(text).matches, query);
await page.emulateMedia("print");
equal(await matches("print"), true);
await page.emulateMedia(null);
await page.emulateMediaType("print");
await page.emulateMediaType();
await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
equal(await matches("(prefers-color-scheme: dark)"), true);
await page.emulateTimezone("Europe/Vienna");
equal(await page.evaluate(() => Intl.DateTimeFormat().resolvedOptions().timeZone), "Europe/Vienna");
await page.emulateCPUThrottling(null);
await page.emulateVisionDeficiency("none");
await fails(page.setGeolocation({ longitude: 200, latitude: 0 }), 'Invalid longitude "200"');
await page.setGeolocation({ longitude: 16, latitude: 48 });

// What comes back.
equal(Object.keys(await page.metrics()).length, 13);
const picture = await page.screenshot();
equal([picture.constructor.name, picture.readUInt32BE(16)], ["Buffer", 300]);
equal(typeof (await page.screenshot({ encoding: "base64" })), "string");
await fails(page.screenshot({ quality: 1.5, type: "jpeg" }), "Expected options.quality to be an integer");
equal((await page.pdf({ format: "A4", margin: { top: "1cm" } })).toString("latin1", 0, 5), "%PDF-");
const reader = (await page.createPDFStream({ waitForFonts: true, width: "72pt", height: "6pc" })).getReader();
const dropped = await page.createPDFStream();
equal(dropped.locked, false);
await dropped.cancel();
equal(await dropped.getReader().read(), { done: true, value: undefined });
equal(dropped.locked, true);
equal((await reader.read()).value.length > 0, true);
const scaled = await page.screenshot({ clip: { x: 0, y: 0, width: 10, height: 10, scale: 2 }, optimizeForSpeed: true });
equal([scaled.readUInt32BE(16), scaled.readUInt32BE(20)], [20, 20]);
await page.captureHeapSnapshot({ path: "/tmp/puppet-master-heap.heapsnapshot" });
await (await page.createCDPSession()).detach();
// Its window.
equal(typeof (await page.windowId()), "string");
await page.setViewport(null);
await page.resize({ contentWidth: 640, contentHeight: 480 });
await page.waitForFunction(() => innerWidth === 640 && innerHeight === 480);
const tab = await page.tabInfo(); // a headless shell has no tabs
equal(tab === null || tab.index >= 0, true);
equal(await page.hasDevTools(), false);
await fails(page.openDevTools(), "page.openDevTools() is not available to jobs: it opens a page of the browser itself");
await fails(page.triggerExtensionAction(), "page.triggerExtensionAction() is not available to jobs");
await fails((async () => page.webmcp)(), "page.webmcp is not available to jobs: it is an experiment of Chromium's");
equal(page.extensionRealms(), []);
await page.bringToFront();
await page.setContent("<p>new</p>");
const closed = new Promise((resolve) => page.once("close", resolve));
await page.close();
await closed;
equal(page.isClosed(), true);
record(results);
