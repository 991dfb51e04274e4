import puppeteer from 'puppeteer';
import { writeFileSync } from 'fs';

const html = `<table>${[1, 2, 3].map((n) => `<tr><td class="name">Item ${n}</td><td class="price">$${n * 10}.50</td></tr>`).join('')}</table>`;

(async () => {
  const browser = await puppeteer.launch({ headless: true });
  const page = await browser.newPage();
  await page.setContent(html);
  const rows = await page.$$eval('tr', (trs) => trs.map((tr) => ({
    name: tr.querySelector('.name').innerText,
    price: parseFloat(tr.querySelector('.price').innerText.replace('$', '')),
  })));
  const csv = ['name,price', ...rows.map((r) => `${r.name},${r.price}`)].join('\n');
  writeFileSync('items.csv', csv);
  console.log(`Saved ${rows.length} rows`);
  await browser.close();
})();
