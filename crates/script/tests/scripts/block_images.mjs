import puppeteer from 'puppeteer';

const PAGE = `<h1>Gallery</h1><link rel="stylesheet" href="/style.css">
<img src="/a.png"><img src="/b.jpg"><script src="/app.js"></script>`;
const counts = {};
const browser = await puppeteer.launch({ headless: true });
const page = await browser.newPage();
await page.setRequestInterception(true);
page.on('request', (request) => {
  if (request.isInterceptResolutionHandled()) return;
  const type = request.resourceType();
  counts[type] = (counts[type] ?? 0) + 1;
  if (['image', 'font', 'media'].includes(type)) return request.abort();
  if (request.url().endsWith('/app.js')) return request.respond({ contentType: 'text/javascript', body: 'document.title = "ready"' });
  if (request.url().endsWith('/style.css')) return request.respond({ contentType: 'text/css', body: 'h1 { color: rgb(1, 2, 3) }' });
  if (request.isNavigationRequest()) return request.respond({ status: 200, contentType: 'text/html; charset=utf-8', body: PAGE });
  request.continue();
});
const failed = [];
page.on('requestfailed', (request) => failed.push(`${new URL(request.url()).pathname} ${request.failure().errorText}`));
const response = await page.goto('https://gallery.example/', { waitUntil: 'networkidle0' });
console.log(response.status(), response.ok(), await page.title());
console.log(await page.$eval('h1', (h) => getComputedStyle(h).color));
console.log(Object.entries(counts).sort());
console.log(failed.sort().join(', '));
await browser.close();
