await page.emulate({viewport: {width: 400, height: 300}, userAgent: "emu/1"}); await page.goto("{{site}}/");
results.v = await page.evaluate(() => [innerWidth, innerHeight, navigator.userAgent])