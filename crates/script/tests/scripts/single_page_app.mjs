import { setTimeout as sleep } from 'node:timers/promises';
import puppeteer from 'puppeteer';

const browser = await puppeteer.launch();
const page = await browser.newPage();
await page.setRequestInterception(true);
page.on('request', async (request) => {
  const url = new URL(request.url());
  if (url.pathname === '/api/items') {
    await sleep(30);
    return request.respond({ contentType: 'application/json', body: JSON.stringify({ page: url.searchParams.get('p'), items: ['x', 'y'] }) });
  }
  request.respond({ contentType: 'text/html', body: `<div id="app">loading</div><button>More</button><script>
    let p = 0; const app = document.querySelector('#app');
    const load = async () => { const r = await fetch('/api/items?p=' + ++p); const { items, page } = await r.json();
      app.textContent = page + ':' + items.join(); history.pushState({}, '', '/items/' + p); };
    document.querySelector('button').onclick = load; load();</script>` });
});
await page.goto('https://spa.example/', { waitUntil: 'networkidle0' });
console.log(page.url(), await page.$eval('#app', (app) => app.textContent));
const [response] = await Promise.all([
  page.waitForResponse((r) => r.url().includes('/api/items') && r.request().method() === 'GET'),
  page.click('button'),
]);
console.log(await response.json(), response.fromCache(), response.request().resourceType());
await page.waitForFunction((text) => document.querySelector('#app').textContent === text, { polling: 'mutation' }, '2:x,y');
await page.waitForNetworkIdle({ idleTime: 50 });
const requested = page.waitForRequest((request) => request.url().endsWith('p=3'));
await page.evaluate(() => { load(); });
console.log((await requested).method(), page.url());
await page.waitForFunction(() => location.pathname === '/items/3');
console.log((await page.goBack())?.url() ?? null, page.url());
console.log(await page.evaluate(() => history.length > 2), (await page.content()).includes('<div id="app">'));
await browser.close();
