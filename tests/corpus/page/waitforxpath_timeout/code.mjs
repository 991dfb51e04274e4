await page.goto("{{site}}/");
await page.waitForXPath("//nope", {timeout: 300})