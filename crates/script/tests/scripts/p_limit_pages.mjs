import puppeteer from 'puppeteer';
import pLimit from './p_limit_pages/limit.js';
import config from './p_limit_pages/config.json' with { type: 'json' };

const browser = await puppeteer.launch(config.launch);
const limit = pLimit(config.concurrency);
let most = 0;
const titles = await Promise.all(config.pages.map((name) => limit(async () => {
  const page = await browser.newPage();
  most = Math.max(most, limit.activeCount);
  try {
    await page.setContent(`<title>${name}</title>`);
    return await page.title();
  } finally {
    await page.close();
  }
})));
console.log(titles.join(), 'at most', most, 'pending', limit.pendingCount);
await browser.close();
