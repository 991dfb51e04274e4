import puppeteer, { ProtocolError, TimeoutError } from 'puppeteer';

const browser = await puppeteer.launch();
const page = await browser.newPage();
const heard = [];
page.on('console', (message) => heard.push(`${message.type()}: ${message.text()}`));
page.on('pageerror', (error) => heard.push(`pageerror: ${error.message}`));
await page.setContent(`<script>
  console.log('a', 1, true); console.warn('careful'); console.error('bad'); console.info('%s is %d', 'x', 3);
  setTimeout(() => { throw new RangeError('too far'); }, 0);
  setTimeout(() => { Promise.reject(new Error('nobody')); }, 0);
</script>`);
await page.waitForFunction(() => true);
await new Promise((resolve) => setTimeout(resolve, 100));
console.log(heard.join('\n'));
const attempt = async (name, run) => {
  try {
    await run();
    console.log(name, 'no error');
  } catch (error) {
    console.log(name, error instanceof Error ? `${error.name}: ${error.message}` : typeof error, error instanceof TimeoutError, error instanceof ProtocolError);
  }
};
await attempt('throws', () => page.evaluate(() => { throw new TypeError('in the page'); }));
await attempt('value', () => page.evaluate(() => { throw 'text'; }));
await attempt('selector', () => page.click('#nothing'));
await attempt('$eval', () => page.$eval('#nothing', (e) => e.id));
await attempt('timeout', () => page.waitForSelector('#nothing', { timeout: 10 }));
await attempt('protocol', async () => (await page.createCDPSession()).send('Nope.nope'));
await attempt('url', () => page.goto('not a url'));
await attempt('type', () => page.type('#nothing', 'x'));
await attempt('select', () => page.select('#nothing', 'x'));
await attempt('focus', () => page.focus('#nothing'));
await attempt('ok', () => page.evaluate(() => undefined));
await page.close();
console.log('closed', page.isClosed());
await browser.close();
