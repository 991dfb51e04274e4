// node one_shots.mjs PORT [alike]: the usual home-made server. One warm browser, and for each POST /screenshot {url} a page in it,
// which is closed again: cookies, caches and storage are everybody's. `alike` does in Chromium what our one-shot does: a context for
// each request, and the quick PNG encoder. Ends with its input.
import http from 'node:http';
import { launchOptions, prepare, puppeteer } from './subjects.mjs';

const alike = process.argv[3] === 'alike';
const browser = await puppeteer('puppeteer-newest').launch(launchOptions);

async function screenshot(url) {
  const context = alike ? await browser.createBrowserContext() : browser.defaultBrowserContext();
  const page = await context.newPage();
  try {
    await prepare(page);
    await page.goto(url);
    return await page.screenshot({ optimizeForSpeed: alike });
  } finally {
    await (alike ? context.close() : page.close());
  }
}

const server = http.createServer(async (request, response) => {
  let body = '';
  for await (const piece of request) body += piece;
  try {
    const picture = await screenshot(JSON.parse(body).url);
    response.writeHead(200, { 'content-type': 'image/png' }).end(picture);
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
});
server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log('ready'));
process.stdin.resume();
process.stdin.on('end', async () => {
  await browser.close();
  process.exit(0);
});
