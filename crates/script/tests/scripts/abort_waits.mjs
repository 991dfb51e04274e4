import puppeteer, { TimeoutError } from 'puppeteer';

const browser = await puppeteer.launch();
const page = await browser.newPage();
await page.setContent('<p>x</p>');
const outcome = (promise) => promise.then(() => 'done', (error) => `${error.name}: ${error.message}`);

const controller = new AbortController();
setTimeout(() => controller.abort(), 20);
console.log(await outcome(page.waitForSelector('#never', { signal: controller.signal })));
const reasoned = new AbortController();
setTimeout(() => reasoned.abort(new RangeError('enough')), 20);
console.log(await outcome(page.waitForFunction(() => false, { signal: reasoned.signal })));
console.log(await outcome(page.waitForResponse('https://never.example/', { signal: AbortSignal.timeout(20) })).then((text) => text.split(':')[0]));
const failures = await Promise.allSettled([
  page.waitForSelector('#never', { timeout: 30 }),
  page.waitForFunction(() => window.late, { timeout: 30, polling: 10 }),
  page.waitForNavigation({ timeout: 30 }),
  page.waitForRequest(() => false, { timeout: 30 }),
]);
for (const { reason } of failures) console.log(reason instanceof TimeoutError, reason.message, '|', reason.cause?.message);
const any = AbortSignal.any([AbortSignal.abort(), new AbortController().signal]);
console.log(any.aborted, any.reason.name);
await browser.close();
