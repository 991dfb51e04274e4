await page.setRequestInterception(true); page.on("request", r => { r.continue(); r.continue().catch(e => { results.m = e.message; }); }); await page.goto("{{site}}/");
await sleep(20)