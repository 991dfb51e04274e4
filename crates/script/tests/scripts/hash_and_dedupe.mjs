import crypto, { createHash } from 'crypto';
import puppeteer from 'puppeteer';

const browser = await puppeteer.launch();
const page = await browser.newPage();
await page.setContent('<p>same</p><p>other</p><p>same</p>');
const texts = await page.$$eval('p', (ps) => ps.map((p) => p.textContent));
const byHash = new Map();
for (const text of texts) {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 12);
  byHash.set(hash, (byHash.get(hash) ?? 0) + 1);
}
for (const [hash, count] of byHash) console.log(hash, count);
console.log(crypto.randomUUID().length, crypto.randomBytes(4).toString('hex').length);
await browser.close();
