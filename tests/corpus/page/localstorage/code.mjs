await page.goto("{{site}}/");
await page.evaluate(() => localStorage.setItem("a", "b")); await page.reload(); results.a = await page.evaluate(() => localStorage.getItem("a"))