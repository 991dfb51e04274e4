// Watches a page: compares its prices with those of the time before and tells what has changed.
//
//   cargo run --bin puppet-master -- run examples/monitor
//
// vars.url is the page's address, vars.before the `prices` of the last run as JSON (vars.json). Keep results.prices for the next run.
await page.goto(vars.url, { waitUntil: 'domcontentloaded' });
await page.waitForSelector('[data-product]');
const prices = await page.$$eval('[data-product]', (rows) =>
  Object.fromEntries(rows.map((row) => [row.dataset.product, Number(row.querySelector('.price').textContent)])),
);

const before = JSON.parse(vars.before);
const names = new Set([...Object.keys(before), ...Object.keys(prices)]);
results.changes = [...names]
  .filter((name) => before[name] !== prices[name])
  .map((name) => ({ name, before: before[name] ?? null, now: prices[name] ?? null }));
results.prices = prices;

if (results.changes.length > 0) {
  await page.screenshot({ path: 'changed.png', fullPage: true });
  logger.warn('%d prices have changed', results.changes.length);
}
