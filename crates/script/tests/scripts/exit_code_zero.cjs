const puppeteer = require('puppeteer');

process.on('exit', (code) => console.log('bye', code));

puppeteer.launch().then(async (browser) => {
  const page = await browser.newPage();
  await page.setContent('<h1>x</h1>');
  process.stdout.write('h1: ');
  process.stdout.write(await page.$eval('h1', (h) => h.innerHTML) + '\n');
  setInterval(() => {}, 1000);
  await browser.close();
  process.exit(0);
});
