await page.goto("{{site}}/");
await page.waitForFunction("false", {timeout: 300, polling: 50})