import { readFile, writeFile } from 'node:fs/promises';
import puppeteer from 'puppeteer';

const FILE = 'cookies.json';
const browser = await puppeteer.launch();

async function open(context) {
  const page = await context.newPage();
  await page.setRequestInterception(true);
  page.on('request', (request) => request.respond({
    contentType: 'text/html',
    headers: request.url().endsWith('/login') ? { 'set-cookie': 'session=abc123; Path=/; Secure' } : {},
    body: '<p>app</p>',
  }));
  return page;
}

const first = await browser.createBrowserContext();
let page = await open(first);
await page.goto('https://app.example/login');
await page.evaluate(() => { document.cookie = 'theme=dark; path=/; secure'; });
await first.setCookie({ name: 'from', value: 'script', domain: 'app.example', path: '/', secure: true });
const cookies = await first.cookies();
await writeFile(FILE, JSON.stringify(cookies));
console.log(cookies.map(({ name, value, domain }) => `${name}=${value}@${domain}`).sort().join(' '));
await first.close();

const second = await browser.createBrowserContext();
page = await open(second);
await page.goto('https://app.example/');
console.log(JSON.stringify(await page.evaluate(() => document.cookie)));
await second.setCookie(...JSON.parse(await readFile(FILE, 'utf8')));
await page.reload();
console.log((await page.evaluate(() => document.cookie)).split('; ').sort().join('; '));
await second.deleteMatchingCookies({ name: 'theme', url: 'https://app.example/' });
console.log((await second.cookies()).map(({ name }) => name).sort().join());
await browser.close();
