import { readFile } from 'node:fs/promises';
import puppeteer from 'puppeteer';

const browser = await puppeteer.launch();
const page = await browser.newPage();
await page.tracing.start({ path: 'trace.json', categories: ['devtools.timeline'] });
await Promise.all([page.coverage.startJSCoverage(), page.coverage.startCSSCoverage()]);
await page.setRequestInterception(true);
page.on('request', (request) => {
  const bodies = {
    '/': ['text/html', '<link rel="stylesheet" href="/a.css"><script src="/a.js"></script><p class="used">x</p>'],
    '/a.css': ['text/css', '.used { color: red }\n.unused { color: blue }\n'],
    '/a.js': ['text/javascript', 'function used() { return 1 }\nfunction unused() { return "not called at all" }\nused();'],
  };
  const [contentType, body] = bodies[new URL(request.url()).pathname] ?? ['text/plain', ''];
  request.respond({ contentType, body });
});
await page.goto('https://cover.example/', { waitUntil: 'load' });
const [js, css] = await Promise.all([page.coverage.stopJSCoverage(), page.coverage.stopCSSCoverage()]);
const used = ({ text, ranges }) => ranges.map(({ start, end }) => text.slice(start, end)).join('|').replaceAll('\n', ' ');
for (const entry of [...js, ...css]) console.log(entry.url, JSON.stringify(used(entry)));
await page.tracing.stop();
const { traceEvents } = JSON.parse(await readFile('trace.json', 'utf8'));
console.log(traceEvents.length > 0, traceEvents.some(({ name }) => name === 'ParseHTML'));
const { Nodes, JSHeapUsedSize } = await page.metrics();
console.log(Nodes > 5, JSHeapUsedSize > 0);
await import('node:fs').then((fs) => fs.unlinkSync('trace.json'));
await browser.close();
