// A whole Puppeteer script, as it runs with `node code.mjs`: it launches a browser, writes a file and closes what it opened.
//
//   cargo run --bin puppet-master -- exec examples/whole-script --serve examples/whole-script/site
//
// process.env are the job's vars; files that the script writes are files of the job.
import puppeteer from 'puppeteer';
import fs from 'fs/promises';
import path from 'path';

const browser = await puppeteer.launch({ headless: true });
try {
  const page = await browser.newPage();
  await page.goto(process.env.url);
  const links = await page.$$eval('a', (anchors) => anchors.map(({ href, textContent }) => ({ href, text: textContent })));
  const rows = links.map(({ href, text }) => `${text},${path.basename(new URL(href).pathname)}`);
  await fs.mkdir('out', { recursive: true });
  await fs.writeFile('out/links.csv', ['text,page', ...rows].join('\n'));
  console.log('wrote %d links', links.length);
  results.links = rows;
} finally {
  await browser.close();
}
