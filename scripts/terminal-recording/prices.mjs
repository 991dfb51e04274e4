await page.setContent('<h1>Prices</h1><ul><li>tea 3.20<li>coffee 4.10<li>cake 5.60</ul>');
results.prices = await page.$$eval('li', (rows) => rows.map((row) => row.textContent));
for (const price of results.prices) {
  logger.info('found %s', price);
  await sleep(900);
}
await page.screenshot({ path: 'prices.png' });
