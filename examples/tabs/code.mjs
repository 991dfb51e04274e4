// Works in two tabs: follows a link that opens a new one, and reads several pages side by side.
//
//   cargo run --bin puppet-master -- run examples/tabs
//
// vars.url is the first page's address.
const browser = page.browser();
await page.goto(vars.url);
const [target] = await Promise.all([
  new Promise((resolve) => browser.once('targetcreated', resolve)),
  page.click('#terms'),
]);
const terms = await target.page();
await terms.waitForSelector('h1');
results.terms = await terms.$eval('h1', (element) => element.textContent);
await terms.close();

const addresses = await page.$$eval('.article', (links) => links.map((link) => link.href));
results.articles = await Promise.all(
  addresses.map(async (address) => {
    const tab = await browser.newPage();
    await tab.goto(address);
    const title = await tab.title();
    await tab.close();
    return title;
  }),
);
results.open = (await browser.pages()).length;
