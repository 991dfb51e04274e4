import puppeteer from 'puppeteer';
import { URL, URLSearchParams, fileURLToPath } from 'url';
import path from 'path';

const __filename = fileURLToPath(import.meta.url);
const __dirname = path.dirname(__filename);

const browser = await puppeteer.launch();
const page = await browser.newPage();
await page.setContent('<a href="/a?x=1&y=2">a</a><a href="../b#c">b</a><a href="https://other.example/c">c</a>');
const hrefs = await page.$$eval('a', (as) => as.map((a) => a.getAttribute('href')));
const base = 'https://site.example/deep/page';
for (const href of hrefs) {
  const url = new URL(href, base);
  console.log(url.href, url.host === 'site.example', [...new URLSearchParams(url.search)].length);
}
console.log(path.relative(__dirname, path.join(__dirname, 'out', 'x.txt')), path.basename(__filename).length > 0);
await browser.close();
