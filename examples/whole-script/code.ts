// A whole Puppeteer script in TypeScript: it launches a browser, writes a file and closes what it opened.
//
//   cargo run --bin puppet-master -- run examples/whole-script
//
// process.env are the job's vars; files that the script writes are files of the job.
import puppeteer, { type Browser } from 'puppeteer';
import fs from 'fs/promises';
import path from 'path';

interface Link {
  href: string;
  text: string;
}

const browser: Browser = await puppeteer.launch({ headless: true });
try {
  const page = await browser.newPage();
  await page.goto(process.env.url as string);
  const links: Link[] = await page.$$eval('a', (anchors) =>
    anchors.map(({ href, textContent }) => ({ href, text: textContent ?? '' })),
  );
  const rows = links.map(({ href, text }: Link): string => `${text},${path.basename(new URL(href).pathname)}`);
  await fs.mkdir('out', { recursive: true });
  await fs.writeFile('out/links.csv', ['text,page', ...rows].join('\n'));
  console.log('wrote %d links', links.length);
  results.links = rows;
} finally {
  await browser.close();
}
