await page.goto("{{site}}/");
await page.evaluate(() => { document.title = "changed"; }); const r = await page.reload(); results.t = await page.title(); results.s = r.status()