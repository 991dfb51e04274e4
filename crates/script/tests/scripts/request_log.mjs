import puppeteer from 'puppeteer';

const browser = await puppeteer.launch();
const page = await browser.newPage();
await page.setUserAgent({ userAgent: 'Crawler/1.0 (+https://bot.example)' });
await page.setExtraHTTPHeaders({ 'X-Trace': '42' });
await page.setRequestInterception(true);
const log = [];
page.on('request', (request) => {
  const { pathname } = new URL(request.url());
  log.push(`> ${request.method()} ${pathname} ${request.headers()['x-trace']} ${request.headers()['user-agent'].split(' ')[0]}`);
  if (pathname === '/old') return request.respond({ status: 302, headers: { location: '/new' } });
  if (pathname === '/api') return request.respond({ status: 201, contentType: 'application/json', body: JSON.stringify({ got: request.postData() }) });
  if (pathname === '/gone') return request.respond({ status: 404, body: 'no' });
  if (pathname === '/broken') return request.abort('connectionrefused');
  request.respond({ contentType: 'text/html', headers: { 'x-powered-by': 'tests' }, body: '<p>new</p>' });
});
page.on('response', async (response) => {
  log.push(`< ${response.status()} ${new URL(response.url()).pathname} ${response.headers()['content-type'] ?? '-'}`);
});
const response = await page.goto('https://log.example/old');
console.log(response.url(), response.headers()['x-powered-by'], response.request().redirectChain().map((r) => r.url()));
console.log(await page.evaluate(() => fetch('/api', { method: 'POST', body: 'a=1' }).then((r) => r.json())));
const [api] = await Promise.all([
  page.waitForResponse(async (r) => r.url().endsWith('/api') && (await r.json()).got === 'b=2'),
  page.evaluate(() => fetch('/api', { method: 'POST', body: 'b=2' })),
]);
console.log(api.status(), await api.text(), (await api.buffer()).length, api.request().postData());
console.log(await page.evaluate(() => Promise.all(['/gone', '/broken'].map((u) => fetch(u).then((r) => r.status, (e) => e.message)))));
const missing = await page.goto('https://log.example/gone');
console.log(missing.status(), missing.ok(), await missing.text());
await page.goto('https://log.example/broken').catch((error) => console.log(error.message));
console.log(log.filter((line) => !line.includes('favicon')).join('\n'));
await browser.close();
