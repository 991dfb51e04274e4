import { equal, fails, record, watch } from "watch";
watch(page);
await page.tracing.start({ screenshots: true });
await fails(page.tracing.start(), "Cannot start recording trace while already recording trace.");
await page.goto(vars.site);
const trace = await page.tracing.stop();
equal(JSON.parse(trace.toString()).traceEvents.length > 0, true);
record(results);
