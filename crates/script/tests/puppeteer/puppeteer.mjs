// api: 25
import { equal, fails, record } from "watch";
// What is otherwise with Puppeteer 25: errors first.
const caught = (promise) => promise.then(() => undefined, (reason) => reason);
await page.goto(`${vars.site}/form.html`);
const typed = await caught(page.evaluate(() => { null.x; }));
equal([typed.name, typed.message], ["TypeError", "Cannot read properties of null (reading 'x')"]);
equal(typed.stack.includes("(evaluate, <anonymous>:"), true);
equal(await caught(page.evaluate(() => { throw "text"; })), "text");
equal(await caught(page.evaluate(() => { throw 5; })), 5);
const late = await caught(page.waitForSelector("nope", { timeout: 5 }));
equal([late instanceof puppeteer.TimeoutError, late.message, late.cause.message], [true, "Waiting for selector `nope` failed", "Waiting failed: 5ms exceeded"]);
await fails(page.waitForFunction("false", { timeout: 5 }), "Waiting failed: 5ms exceeded");
await fails(page.waitForRequest("nope", { timeout: 5 }), "Timed out after waiting 5ms");
await fails(page.waitForNavigation({ timeout: 5 }), "Navigation timeout of 5 ms exceeded");
await fails(page.click("nope"), "No element found for selector: nope");
await fails(page.click("#unseen"), "Node is either not clickable or not an Element");
await fails(page.addScriptTag({}), "Exactly one of `url`, `path`, or `content` must be specified.");
await fails(page.screenshot({ quality: 5 }), "png screenshots do not support 'quality'.");
const refused = await caught(page.createCDPSession().then((session) => session.send("No.such")));
equal([refused instanceof puppeteer.ProtocolError, refused.name, refused.originalMessage], [true, "ProtocolError", "'No.such' wasn't found"]);

// Messages, exceptions and functions of the job.
const messages = [];
page.on("console", (message) => { messages.push([message.type(), message.text()]); });
await page.evaluate(() => console.warn({ a: 1 }, new Error("boom")));
equal(messages, [["warn", "[object Object] Error: boom"]]);
await page.goto(`${vars.site}/form.html`);
const thrown = [];
page.on("pageerror", (error) => { thrown.push(error); });
await page.setContent(`<script>setTimeout(() => { throw "bare"; }); setTimeout(() => { throw new RangeError("far"); }, 1);</script>`);
while (thrown.length < 2) await sleep(5);
equal([thrown[0], thrown[1].name, thrown[1].message], ["bare", "RangeError", "far"]);
await page.exposeFunction("fail", () => { throw new Error("of the job"); });
equal(await page.evaluate(() => fail().catch((error) => [error instanceof Error, error.message])), [true, "of the job"]);

await page.exposeFunction("numbered", (text) => Number(text));
equal(await page.evaluate(() => Promise.all(["x", "-0", "Infinity", "1.5"].map(numbered)).then((all) => all.map((one) => Object.is(one, -0) ? "-0" : `${one}`))), ["NaN", "-0", "Infinity", "1.5"]);

// History, addresses, events, mouse.
const fresh = await page.browser().newPage();
await fails(fresh.goBack(), "History entry to navigate to not found.");
equal((await fresh.goto(`${vars.site}/next.html#part`)).url(), `${vars.site}/next.html#part`);
fresh.emit("error", new Error("nobody hears it"));
const every = [];
fresh.on("*", (name) => { every.push(name); });
fresh.emit("mine", 1);
equal(every, ["mine"]);
await fails(fresh.mouse.up(), "'left' is not pressed.");
await fresh.mouse.down();
await fails(fresh.mouse.down(), "'left' is already pressed.");
{ using closing = fresh; }

// A whole page is taken without another size.
const [whole, sizes] = [await page.screenshot({ fullPage: true }), await page.evaluate(() => window.innerHeight)];
equal([whole.readUInt32BE(20) >= sizes, sizes], [true, 1080]);

{
  // A picture without area is refused, and the next one is taken.
  for (const [width, sentence] of [[-5, "'width' in 'clip' must be positive."], [0.2, "Cannot take screenshot with 0 width."]]) {
    await fails(page.screenshot({ clip: { x: 0, y: 0, width, height: 5 } }), sentence);
  }
  equal((await page.screenshot({ clip: { x: 0, y: 0, width: 5, height: 5 } })).readUInt32BE(16), 5);

  // Headers are a copy of what is known by now, the cookies among them; a body that is gone, and a body without an end.
  await page.setCookie({ name: "seen", value: "yes" });
  equal(Object.keys((await page.cookies())[0]).includes("sourcePort"), false);
  const asked = await page.goto(`${vars.site}/next.html`);
  equal(asked.request().headers().cookie, "seen=yes");
  asked.request().headers().cookie = "other";
  equal(asked.request().headers().cookie, "seen=yes");
  const [short] = await Promise.all([page.waitForResponse(`${vars.site}/headers`), page.evaluate(() => fetch("/headers").then((response) => response.text()))]);
  await page.goto(`${vars.site}/form.html`);
  await fails(short.text(), "Could not load response body for this request.");

  // A wait goes on in the document that comes, wherever the one before leaves it.
  for (let times = 0; times < 5; times++) {
    await page.evaluate(() => { location.reload(); });
    equal(await (await page.waitForSelector("#press")).evaluate((element) => element.id), "press");
  }

  // What happens in a shadow tree is seen by who waits for changes.
  await page.setContent("<div id=host></div>");
  await page.evaluate(() => { document.querySelector("#host").attachShadow({ mode: "open" }).innerHTML = "<p></p>"; });
  const inside = page.waitForFunction(() => document.querySelector("#host").shadowRoot.textContent === "x", { polling: "mutation" });
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 50)));
  await page.evaluate(() => { document.querySelector("#host").shadowRoot.querySelector("p").append("x"); });
  equal(await (await inside).jsonValue(), true);

  // The page's policy, and what assistive software is told.
  const strict = await page.browser().newPage();
  await strict.setContent("<meta http-equiv=Content-Security-Policy content=\"style-src 'none'\"><input required value=v>");
  await fails(strict.addStyleTag({ content: "p{}" }), "Could not load style");
  const [field] = (await strict.accessibility.snapshot()).children;
  equal([field.required, field.readonly, field.multiline], [true, false, false]);

  // The frames of a page go with it.
  const going = caught(strict.waitForNavigation());
  await strict.close();
  equal([(await going).message, (await going).cause.message], ["Navigating frame was detached", "LifecycleWatcher disposed"]);
  const calls = ["title", "content", "$", "evaluate", "waitForSelector", "waitForFunction", "goto", "setContent", "waitForNavigation", "click"];
  for (const call of calls) await fails(strict[call]("1"), "Attempted to use detached Frame");
}

// Handlers of the script's own, and every name.
await page.goto(`${vars.site}/form.html`);
puppeteer.registerCustomQueryHandler("byId", { queryOne: (node, id) => node.querySelector(`[id="${id}"]`) });
equal(puppeteer.customQueryHandlerNames(), ["byId"]);
for (const selector of ["byId/press", "byId=press"]) {
  equal(await page.$eval(selector, (element) => element.id), "press");
}
equal(await page.$eval("form ::-p-byId(name)", (element) => element.id), "name");
equal((await page.$$("byId/press")).length, 1);
equal(await (await page.waitForSelector("byId/press")).evaluate((element) => element.id), "press");
puppeteer.unregisterCustomQueryHandler("byId");
await fails(page.$("byId/press"), "not a valid selector");
puppeteer.Puppeteer.clearCustomQueryHandlers();
equal(puppeteer.KnownDevices["iPhone 15 Pro"].viewport.isMobile, true);
equal(page.constructor === puppeteer.Page && puppeteer.HTTPRequest.name, "Request");
// Puppeteer 25's words.
await fails((await page.evaluateHandle(() => window)).jsonValue(), "Could not serialize referenced object");
await fails(page.browserContext().close(), "Default BrowserContext cannot be closed!");
await fails(page.waitForSelector("xpath/.//nope", { timeout: 5 }), "Waiting for selector `.//nope` failed");
const asked = new Promise((resolve) => page.once("request", resolve));
await page.goto("data:text/html,<p>x</p>");
await fails((await asked).continue(), "Request Interception is not enabled!");
equal(page.browser().targets().filter((target) => target.type() === "browser").length, 1);
record(results);
