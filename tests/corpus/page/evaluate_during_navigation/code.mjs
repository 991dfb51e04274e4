await page.goto("{{site}}/");
const p = page.evaluate(() => new Promise(() => {})); p.catch(e => { results.m = e.message; }); await page.goto("{{site}}/second.html"); await sleep(50)