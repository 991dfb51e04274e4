import { equal, fails, record, watch } from "watch";
watch(page);
const redirected = (await page.goto(`${vars.site}/redirect?to=/next.html`)).request();
equal(redirected.redirectChain().map((each) => each.response().status()), [302]);
equal([redirected.isNavigationRequest(), redirected.resourceType(), redirected.method()], [true, "document", "GET"]);
equal(redirected.frame() === page.mainFrame(), true);
equal([redirected.failure(), redirected.postData() === undefined], [null, true]);
equal(typeof redirected.headers()["user-agent"], "string");
await fails(redirected.continue(), "Request Interception is not enabled!");
await page.setRequestInterception(true);
page.on("request", (request) => {
  if (request.url().endsWith("/made-up")) request.respond({ status: 201, headers: { "X-Made": "up" }, body: "text" });
  else if (request.url().endsWith("/never")) request.abort("aborted");
  else request.continue({ headers: { ...request.headers(), extra: 5, gone: undefined } });
});
const made = await page.goto(`${vars.site}/made-up`);
equal([made.status(), made.headers()["x-made"], await made.text()], [201, "up", "text"]);
const failed = new Promise((resolve) => page.once("requestfailed", resolve));
await fails(page.goto(`${vars.site}/never`), "net::ERR_ABORTED");
equal((await failed).failure(), { errorText: "net::ERR_ABORTED" });
const seen = await page.goto(`${vars.site}/headers`);
// Nothing that the browser would have sent is lost by handing the headers on.
const sent = await seen.json();
equal([sent.extra, sent.accept.includes("text/html")], ["5", true]);
const posts = await page.evaluate(() => fetch("/headers", { method: "POST", body: "x" }).then((response) => response.json()));
equal([posts.accept, posts.origin], ["*/*", vars.site]);
page.removeAllListeners("request");

// Votes: the highest priority counts, after all listeners.
page.on("request", (request) => { request.continue({}, 0); });
page.on("request", (request) => {
  equal(request.interceptResolutionState(), { action: "continue", priority: 0 });
  request.enqueueInterceptAction(() => { request.note = "ran"; });
  if (request.url().endsWith("/voted")) request.respond({ body: "voted" }, 1);
});
page.on("request", (request) => {
  equal(request.isInterceptResolutionHandled(), false);
  equal(request.continueRequestOverrides(), {});
});
const voted = await page.goto(`${vars.site}/voted`);
equal([await voted.text(), voted.request().note, voted.request().isInterceptResolutionHandled()], ["voted", "ran", true]);
equal([voted.request().responseForRequest().body, voted.request().abortErrorReason()], ["voted", null]);
equal(voted.request().interceptResolutionState(), { action: "already-handled" });
await voted.request().finalizeInterceptions();
page.off("request");
equal(page.listenerCount("request"), 0);
page.on("request", (request) => { request.respond({ headers: { "set-cookie": ["a=1", "b=2"] }, body: "x" }); });
await page.goto(`${vars.site}/cookies`);
equal((await page.cookies()).map(({ name }) => name).sort(), ["a", "b"]);
page.off("request");
await page.setRequestInterception(false);
const posting = page.waitForRequest((request) => request.method() === "POST");
const answering = page.waitForResponse((response) => response.url().endsWith("/post"));
await page.evaluate(() => { fetch("/post", { method: "POST", body: new Blob(["whole"]) }); });
const posted = await posting;
equal([posted.hasPostData(), await posted.fetchPostData(), String(await posted.content())], [true, "whole", "whole"]);
equal([posted.initiator().type, typeof posted.client.id()], ["script", "string"]);
const asked = await posted.asFetchRequest();
equal([asked instanceof Request, asked.url, asked.method, await asked.text()], [true, posted.url(), "POST", "whole"]);
await answering;
for (const [bytes, told] of [[[], ""], [[1, 2, 255], "\u0001\u0002\ufffd"]]) {
  const [request] = await Promise.all([
    page.waitForRequest((each) => each.method() === "POST"),
    page.evaluate((list) => fetch("/post", { method: "POST", body: new Uint8Array(list) }).then((response) => response.text()), bytes),
  ]);
  equal([request.postData(), await request.fetchPostData(), [...await request.content()]], [told, told, bytes]);
}

// A request is the same object again when its response comes, though nobody holds it meanwhile.
const starts = new WeakMap();
page.on("request", (request) => { request.note = "mine"; starts.set(request, 5); });
const remembered = new Promise((resolve) => {
  page.once("response", (response) => { resolve([response.request().note, starts.get(response.request())]); });
});
await page.goto(vars.site);
equal(await remembered, ["mine", 5]);

// An empty body is not a body.
await page.setRequestInterception(true);
page.on("request", (request) => { request.respond({ body: "" }); });
equal((await page.goto(`${vars.site}/nothing`)).headers()["content-length"], undefined);
record(results);
