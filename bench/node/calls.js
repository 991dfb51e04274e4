// The calls that are timed: a job's code. Our executor runs it as it is, calls.mjs runs it on Node.
// It sees `page`, `vars` and `results`, and times small batches because a job's clock counts whole milliseconds.
const timed = async (name, batches, calls, call) => {
  const means = [];
  for (let batch = 0; batch < batches; batch++) {
    const began = Date.now();
    for (let i = 0; i < calls; i++) await call();
    means.push((Date.now() - began) / calls);
  }
  results[name] = means;
};

const times = Number(vars.times);
await page.goto(vars.site + '/bench.html');
await page.evaluate(() => 1);
await timed('evaluate', 4 * times, 50, () => page.evaluate(() => 1));
await timed('eval', 4 * times, 15, () => page.$eval('#text', (element) => element.textContent));
let clicks = 0;
await timed('click', 4 * times, 5, async () => {
  await page.click('#more');
  await page.waitForSelector('#item-' + clicks++);
});
await timed('goto', 5 * times, 2, async () => {
  await page.goto(vars.site + '/second.html');
  await page.title();
});
