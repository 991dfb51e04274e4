// A first job: opens a page, types, clicks, reads text, takes a screenshot, and returns it all.
//
//   cargo run --bin puppet-master -- run examples/hello
//
// vars.url is the page's address (that of the folder site, which is served while the job runs), vars.name the name to type (vars.json).
import { firstLine } from 'text';

await page.setViewport({ width: 640, height: 360 });
await page.goto(vars.url);
results.title = await page.title();
logger.info('opened %s', results.title);

await page.type('#name', vars.name);
await page.click('#greet');
await page.waitForSelector('#greeting.ready');

results.greeting = await getElementText(await page.$('#greeting'));
results.motto = firstLine(await page.$eval('#motto', (element) => element.innerText));
results.planets = await page.$$eval('#planets li', (items) => items.map((item) => item.textContent));

// A picture of the greeting only, to keep the result short.
const screenshot = await page.screenshot({ clip: { x: 0, y: 50, width: 200, height: 40 } });
results.screenshot = screenshot.toString('base64');
logger.info('took a screenshot of %d bytes', screenshot.length);
