await page.tracing.start({}); await page.goto("{{site}}/");
const b = await page.tracing.stop(); results.t = b && b.constructor.name; results.j = JSON.parse(b.toString()).traceEvents.length > 0