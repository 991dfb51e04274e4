await page.goto("{{site}}/");
await page.addScriptTag({url: "{{site}}/nope.js"})