await page.goto("{{site}}/");
await page.waitForSelector("#nope", {timeout: 300})