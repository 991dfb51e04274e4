await page.goto("{{site}}/");
try { await page.evaluate(() => { nope(); }); } catch (e) { results.m = e.message.split("\n")[0]; results.n = e.name; }