const puppeteer = require('puppeteer');
const { promisify } = require('util');
const fs = require('node:fs');
const writeFile = promisify(fs.writeFile);

async function countLinks(html) {
  const browser = await puppeteer.launch();
  const [page] = await browser.pages();
  await page.setContent(html);
  const count = (await page.$$('a')).length;
  await browser.close();
  return count;
}

module.exports = { countLinks };

if (require.main === module) {
  countLinks('<a href="#a">a</a><a href="#b">b</a>')
    .then((n) => writeFile('count.txt', String(n)))
    .then(() => console.log('done'));
}
