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
record(results);
results.called.Browser.push("close", "disconnect"); // they end the page: see the test of what reaches the machine
