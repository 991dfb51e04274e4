'use strict';
const puppeteer = require('puppeteer');
const fs = require('fs');
const path = require('path');

const OUT = path.join(__dirname, 'output');

async function main() {
  if (!fs.existsSync(OUT)) fs.mkdirSync(OUT);
  const browser = await puppeteer.launch({ headless: 'new', args: ['--no-sandbox', '--disable-setuid-sandbox'] });
  try {
    const page = await browser.newPage();
    await page.setContent('<title>Hello</title><h1>World</h1>');
    const title = await page.title();
    const heading = await page.$eval('h1', (el) => el.textContent);
    fs.writeFileSync(path.join(OUT, 'page.json'), JSON.stringify({ title, heading }, null, 2));
    console.log('Title:', title);
  } finally {
    await browser.close();
  }
}

main().catch((err) => {
  console.error(err);
  process.exit(1);
});
