await page.goto("{{site}}/");
const h = await page.$("h1"); await page.evaluate(o => o.h.textContent, {h})