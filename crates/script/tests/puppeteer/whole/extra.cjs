const puppeteer = require('puppeteer-extra');
const StealthPlugin = require('puppeteer-extra-plugin-stealth');

const stealth = StealthPlugin();
stealth.enabledEvasions.delete('user-agent-override');
puppeteer.use(stealth);

puppeteer.launch({ headless: 'new', defaultViewport: null }).then(async (browser) => {
  const [page] = await browser.pages();
  await page.goto(process.env.site, { waitUntil: 'domcontentloaded' });
  results.title = await page.title();
  await browser.close();
  process.exit();
});
