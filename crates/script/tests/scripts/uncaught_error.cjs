const puppeteer = require('puppeteer');

async function run() {
  const browser = await puppeteer.launch();
  const page = await browser.newPage();
  await page.setContent('<p>x</p>');
  console.log('before');
  await browser.close();
  throw new Error('no price found');
}

run();
