import { equal, fails, record, watch } from "watch";
watch(page);
await page.setContent(`<main><p>Hello <b id="bold">world</b></p><button onclick="window.sent = true">Send it</button>
  <input id="field"><div id="host"></div></main><script>
  const root = document.querySelector("#host").attachShadow({ mode: "open" });
  root.innerHTML = '<p id="inner">in the shade</p><div></div>';
  root.querySelector("div").attachShadow({ mode: "open" }).innerHTML = '<button id="deep">Deep</button>';
</script>`);
const id = (element) => element.id;
equal(await page.$eval("::-p-text(world)", id), "bold");
equal(await page.$$eval("#host >>> p, ::-p-xpath(//b)", (all) => all.map((element) => element.id)), ["bold", "inner"]);
equal((await page.$$("#host >>>> button")).length, 0);
equal(await (await page.$("main")).$eval(">>> button#deep", id), "deep");
equal(await (await page.waitForSelector("::-p-aria(Deep)", { visible: true })).evaluate(id), "deep");
equal(await (await page.waitFor("::-p-text(shade)")).evaluate(id), "inner");
await page.click("::-p-aria([name='Send it'][role='button'])");
equal(await page.evaluate(() => window.sent), true);
await page.type("main > ::-p-xpath(//input)", "typed");
await page.focus("::-p-xpath(//input)");
await page.locator("#host >>> #deep").click();
await page.locator("::-p-aria(Deep)").hover();
await page.locator("xpath///input").fill("filled");
equal(await page.$eval("#field", (element) => element.value), "filled");
await fails(page.click("::-p-text(nowhere)"), "No node found for selector: ::-p-text(nowhere)");
await fails(page.$("::-p-other(x)"), "Unknown selector type: other");
record(results);
