import { writeFile } from 'node:fs/promises';
import puppeteer from 'puppeteer';

const SITE = {
  '/': ['Home', '/about', '/blog/', 'https://elsewhere.example/', '#top', 'mailto:a@b.example'],
  '/about': ['About', '/', '/team?x=1'],
  '/blog/': ['Blog', 'first', '../about', '/'],
  '/blog/first': ['First', '/blog/', '/missing'],
  '/team': ['Team'],
};
const start = new URL('https://site.example/');
const browser = await puppeteer.launch();
const page = await browser.newPage();
await page.setRequestInterception(true);
page.on('request', (request) => {
  const entry = SITE[new URL(request.url()).pathname];
  if (!entry) return request.respond({ status: 404, contentType: 'text/html', body: 'missing' });
  const [title, ...links] = entry;
  request.respond({ contentType: 'text/html', body: `<title>${title}</title>${links.map((link) => `<a href="${link}">x</a>`).join('')}` });
});
const visited = new Map();
const queue = [start.href];
while (queue.length > 0) {
  const url = queue.shift();
  if (visited.has(url)) continue;
  const response = await page.goto(url);
  visited.set(url, { status: response.status(), title: await page.title() });
  const links = await page.$$eval('a[href]', (anchors) => anchors.map((a) => a.href));
  for (const link of links) {
    const target = new URL(link);
    target.hash = target.search = '';
    if (target.origin === start.origin && !visited.has(target.href)) queue.push(target.href);
  }
}
const ok = [...visited].filter(([, { status }]) => status === 200).map(([url]) => url).sort();
await writeFile('sitemap.xml', `<urlset>\n${ok.map((url) => `  <url><loc>${url}</loc></url>`).join('\n')}\n</urlset>\n`);
console.table([...visited].map(([url, { status, title }]) => ({ path: new URL(url).pathname, status, title })));
await browser.close();
