const puppeteer = require('puppeteer');

async function cookieAfter(set) {
  const browser = await puppeteer.launch();
  try {
    const page = await browser.newPage();
    await page.setContent('<p>x</p>');
    if (set) await page.evaluate(() => { window.name = 'kept'; });
    return await page.evaluate(() => window.name || 'empty');
  } finally {
    await browser.close();
  }
}

(async () => {
  for (const set of [true, false]) console.log(await cookieAfter(set));
})();
