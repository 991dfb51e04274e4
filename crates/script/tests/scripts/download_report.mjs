import fs from 'node:fs';
import path from 'node:path';
import puppeteer from 'puppeteer';

const downloads = path.resolve('downloads');
fs.mkdirSync(downloads, { recursive: true });

const browser = await puppeteer.launch();
const page = await browser.newPage();
const client = await page.createCDPSession();
await client.send('Page.setDownloadBehavior', { behavior: 'allow', downloadPath: downloads });
await page.setContent(`<a id="csv" download="report.csv">Export</a><script>
  document.querySelector('#csv').href = URL.createObjectURL(new Blob(['id;total\\n1;9.5\\n2;3\\n'], { type: 'text/csv' }));
</script>`);
await page.click('#csv');
const file = path.join(downloads, 'report.csv');
for (let i = 0; !fs.existsSync(file) && i < 100; i++) await new Promise((resolve) => setTimeout(resolve, 50));
const [header, ...rows] = fs.readFileSync(file, 'utf8').trim().split('\n').map((line) => line.split(';'));
console.log(header.join('|'), rows.length);
console.log('sum', rows.reduce((sum, [, total]) => sum + Number(total), 0));
await browser.close();
