await page.goto("{{site}}/");
await page.$("###")