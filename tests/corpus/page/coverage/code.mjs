await page.goto("{{site}}/");
await page.coverage.startJSCoverage(); await page.goto("{{site}}/console.html"); const c = await page.coverage.stopJSCoverage(); results.n = c.length; results.k = c[0] && Object.keys(c[0]); await page.coverage.startCSSCoverage(); await page.goto("{{site}}/");
const s = await page.coverage.stopCSSCoverage(); results.css = s.map(x => x.url)