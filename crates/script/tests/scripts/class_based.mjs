import puppeteer from 'puppeteer';
import assert from 'node:assert/strict';

class Scraper {
  #browser;
  static async create() {
    const scraper = new Scraper();
    scraper.#browser = await puppeteer.launch();
    return scraper;
  }
  async scrape(html, selector) {
    const page = await this.#browser.newPage();
    await page.setContent(html);
    await page.waitForSelector(selector);
    const found = await page.$$eval(selector, (els) => els.map((el) => el.textContent.trim()));
    await page.close();
    return found;
  }
  async [Symbol.asyncDispose]() { await this.#browser.close(); }
  close() { return this[Symbol.asyncDispose](); }
}

const scraper = await Scraper.create();
const found = await scraper.scrape('<b> one </b><b>two</b>', 'b');
assert.deepEqual(found, ['one', 'two']);
assert.throws(() => assert.equal(1, 2), { name: 'AssertionError' });
console.log(found.join('|'));
await scraper.close();
export default Scraper;
