import fs from 'node:fs';
import os from 'node:os';
import puppeteer from 'puppeteer';

const escape = (text) => text.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]);
const browser = await puppeteer.launch();
const page = await browser.newPage();
const results = [];
for (const [name, html] of Object.entries({ one: '<h1>1 < 2</h1>', two: '<h1>a & b</h1>' })) {
  await page.setContent(html);
  results.push({ name, text: await page.$eval('h1', (h) => h.textContent) });
}
fs.writeFileSync('report.html', results.map((r) => `<li>${r.name}: ${escape(r.text)}</li>`).join(os.EOL));
fs.appendFileSync('report.html', os.EOL);
for (const file of fs.readdirSync('.').filter((f) => f.endsWith('.html'))) console.log(file, fs.statSync(file).isFile());
await browser.close();
