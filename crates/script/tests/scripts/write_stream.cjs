const fs = require('fs');
const puppeteer = require('puppeteer');

(async () => {
  const out = fs.createWriteStream('rows.ndjson', { flags: 'w' });
  const browser = await puppeteer.launch();
  const page = await browser.newPage();
  await page.setContent('<ul><li data-id="1">one</li><li data-id="2">two</li></ul>');
  for (const li of await page.$$('li')) {
    const row = await li.evaluate((el) => ({ id: +el.dataset.id, text: el.textContent }));
    out.write(JSON.stringify(row) + '\n');
  }
  out.end();
  out.on('finish', () => {
    console.log('written', fs.readFileSync('rows.ndjson', 'utf8').trim().split('\n').length);
    browser.close();
  });
})();
