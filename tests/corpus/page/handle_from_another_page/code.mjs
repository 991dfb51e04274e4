await page.goto("{{site}}/");
const h = await page.$("h1"); await page.goto("{{site}}/second.html"); await page.evaluate(e => e.textContent, h)