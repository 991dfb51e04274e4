await page.goto("{{site}}/");
await page.addStyleTag({url: "{{site}}/nope.css"})