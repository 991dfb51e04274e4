// Scrolls a page that loads more when its end is seen, until nothing more comes.
//
//   cargo run --bin puppet-master -- run examples/infinite-scroll
//
// vars.url is the page's address, vars.most how many entries to read at most.
await page.setViewport({ width: 800, height: 600 });
await page.goto(vars.url);
await page.waitForSelector('.entry');

const count = () => page.$$eval('.entry', (entries) => entries.length);
let before = 0;
for (let now = await count(); now > before && now < Number(vars.most); now = await count()) {
  before = now;
  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
  // More entries, or the word that there are none.
  await page.waitForFunction(
    (known) => document.querySelectorAll('.entry').length > known || document.querySelector('#end'),
    {},
    now,
  );
  logger.info('%d entries', await count());
}

results.entries = await page.$$eval('.entry', (entries) => entries.map((entry) => entry.textContent));
results.count = results.entries.length;
