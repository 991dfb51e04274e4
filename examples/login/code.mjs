// Signs in through a form, tells a refused password from an accepted one, and reads what only members see.
//
//   cargo run --bin puppet-master -- run examples/login
//
// vars.url is the sign-in page; vars.user and vars.password are typed into it.
page.on('dialog', async (dialog) => {
  logger.warn('the page says: %s', dialog.message());
  await dialog.dismiss();
});

await page.goto(vars.url);
await page.type('input[name=user]', vars.user);
await page.type('input[name=password]', vars.password);
await page.click('#remember');
await page.keyboard.press('Enter');
await page.waitForFunction(() => document.querySelector('#refused').textContent || location.hash === '#account');

const refusal = await page.$eval('#refused', (element) => element.textContent);
if (refusal) throw new Error(`could not sign in: ${refusal}`);

results.welcome = await page.$eval('#welcome', (element) => element.textContent);
results.orders = await page.$$eval('#orders tbody tr', (rows) =>
  rows.map((row) => Object.fromEntries([...row.cells].map((cell) => [cell.dataset.name, cell.textContent]))),
);
results.session = (await page.cookies()).find((cookie) => cookie.name === 'session')?.value;
