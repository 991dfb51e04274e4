await page.goto("{{site}}/");
results.j = await page.evaluate(() => fetch("/data.json").then(r => r.json()))