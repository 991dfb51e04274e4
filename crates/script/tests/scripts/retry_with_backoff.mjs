import { setTimeout } from 'timers/promises';
import puppeteer, { TimeoutError } from 'puppeteer';

async function retry(fn, { retries = 3, delay = 5 } = {}) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await fn(attempt);
    } catch (error) {
      console.log(`attempt ${attempt}: ${error instanceof TimeoutError ? 'timeout' : error.message}`);
      if (attempt === retries) throw error;
      await setTimeout(delay * 2 ** attempt);
    }
  }
}

const browser = await puppeteer.launch();
const page = await browser.newPage();
await page.setContent('<div id="here"></div>');
const tag = await retry(async (attempt) => {
  const handle = await page.waitForSelector(attempt < 3 ? '#missing' : '#here', { timeout: 50 });
  return handle.evaluate((el) => el.tagName);
});
console.log(tag);
await browser.close();
