await page.evaluateOnNewDocument(v => { window.injected = v; }, "early"); await page.goto("{{site}}/");
results.i = await page.evaluate(() => window.injected)