import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import puppeteer from 'puppeteer';

const pages = [
  { name: 'red', color: 'red' },
  { name: 'green', color: 'green' },
];
const dir = join(process.cwd(), 'shots');
await mkdir(dir, { recursive: true });

const browser = await puppeteer.launch();
for (const { name, color } of pages) {
  const page = await browser.newPage();
  await page.setContent(`<body style="background:${color}">${name}</body>`);
  const shot = await page.screenshot();
  await writeFile(join(dir, `${name}.png`), shot);
  console.log(`${name}: ok`);
  await page.close();
}
await browser.close();
