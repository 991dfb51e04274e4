import { equal, fails, record, watch } from "watch";
watch(page);
const browser = page.browser();
equal([browser.isConnected(), browser.connected], [true, true]);
equal(browser.browserContexts().length, 1);
equal(browser.defaultBrowserContext() === page.browserContext(), true);
equal(browser.target().type(), "browser");
equal(browser.targets().includes(page.target()), true);
equal((await browser.pages())[0] === page, true);
equal(/Chrom/.test(await browser.version()), true);
equal(/WebKit/.test(await browser.userAgent()), true);
equal(browser.wsEndpoint(), ""); // over a pipe
equal(typeof browser.process().pid, "number");
const other = await browser.newPage();
equal(other.viewport(), { width: 800, height: 600 });
equal((await browser.waitForTarget((target) => target === other.target())) === other.target(), true);
await fails(browser.waitForTarget(() => false, { timeout: 10 }), "waiting for target failed: timeout 10ms exceeded");
await other.close();
const contexts = [await browser.createIncognitoBrowserContext(), await browser.createBrowserContext()];
equal(browser.browserContexts().length, 3);
for (const context of contexts) await context.close();
await browser.setCookie({ name: "a", value: "1", domain: "localhost" });
equal((await browser.cookies()).map(({ name }) => name), ["a"]);
await browser.deleteMatchingCookies({ name: "b" });
await browser.deleteCookie(...(await browser.cookies()));
equal(await browser.cookies(), []);
await browser.setPermission("*", { permission: { name: "geolocation" }, state: "denied" });
// A predicate may take its time.
const found = await browser.waitForTarget(async (target) => target === page.target());
equal(found === page.target(), true);
// Windows and screens.
const inWindow = await browser.newPage({ type: "window", windowBounds: { left: 10, top: 20, width: 500, height: 400 }, background: false });
const windowId = await inWindow.windowId();
equal(typeof windowId, "string");
const { left, width, windowState } = await browser.getWindowBounds(windowId);
equal([left, width, windowState], [10, 500, "normal"]);
await browser.setWindowBounds(windowId, { width: 600, height: 450 });
equal((await browser.getWindowBounds(windowId)).width, 600);
await fails(browser.getWindowBounds("99999"), "Protocol error (Browser.getWindowBounds): Browser window not found");
await inWindow.close();
equal((await browser.screens()).length, 1);
const screen = await browser.addScreen({ left: 2000, top: 0, width: 1600, height: 1200, label: "second" });
equal([screen.label, screen.isPrimary, (await browser.screens()).length], ["second", false, 2]);
await browser.removeScreen(screen.id);
await fails(browser.removeScreen((await browser.screens())[0].id), "browser.removeScreen() is available to jobs for screens that they have added");
await fails(browser.removeScreen("none"), "Protocol error (Emulation.removeScreen): Invalid screen id: none");
// The next job has none of it.
await browser.addScreen({ left: 2000, top: 0, width: 800, height: 600 });
const folder = await browser.createBrowserContext({ downloadBehavior: { policy: "deny" } });
await folder.close();
// What is refused by its name.
equal((await browser.extensions()).size, 0);
await fails(browser.installExtension("/tmp"), "browser.installExtension() is not available to jobs: it rules the whole browser");
await fails(browser.uninstallExtension("a"), "browser.uninstallExtension() is not available to jobs");
for (const call of ["installPWA", "uninstallPWA", "launchPWA", "getPWAState"]) {
  await fails(browser[call]({ manifestId: "https://a.example/" }), `browser.${call}() is not available to jobs: it reaches the executor's machine`);
}
await fails(browser.restrictNetwork({ blocklist: ["*"] }), "browser.restrictNetwork() is not available to jobs: the job's field `network` says");
await fails((async () => browser.debugInfo)(), "browser.debugInfo is not available to jobs");
record(results);
results.called.Browser.push("close", "disconnect"); // they end the page: see the test of what reaches the machine
