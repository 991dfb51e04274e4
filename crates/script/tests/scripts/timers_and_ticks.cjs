const puppeteer = require('puppeteer');
const { performance } = require('perf_hooks');

const order = [];
setImmediate(() => order.push('immediate'));
process.nextTick(() => order.push('tick'));
queueMicrotask(() => order.push('microtask'));
order.push('sync');

(async () => {
  const start = performance.now();
  const browser = await puppeteer.launch();
  const page = await browser.newPage();
  await page.setContent('<p>x</p>');
  await browser.close();
  console.log(order.join(' '), performance.now() - start > 0);
  const controller = new AbortController();
  controller.signal.addEventListener('abort', () => console.log('aborted', controller.signal.reason.name));
  controller.abort();
})();
