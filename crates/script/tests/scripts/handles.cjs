const puppeteer = require('puppeteer');

(async () => {
  const browser = await puppeteer.launch();
  const page = await browser.newPage();
  await page.setContent('<ul><li class="a">one</li><li>two</li></ul><script>window.config = { debug: true, limits: { max: 3 }, list: [1, 2] }</script>');
  const config = await page.evaluateHandle(() => window.config);
  console.log(await config.jsonValue());
  const limits = await config.getProperty('limits');
  console.log(await limits.evaluate((object, add) => object.max + add, 4));
  const properties = await config.getProperties();
  console.log([...properties.keys()].join(), properties.get('debug').toString(), config.toString());
  const list = await page.evaluateHandle(() => document.querySelectorAll('li'));
  const items = [];
  for (const handle of (await list.getProperties()).values()) {
    const element = handle.asElement();
    if (element) items.push(element);
  }
  console.log(items.length, await items[1].evaluate((li) => li.textContent), config.asElement());
  const ul = await page.$('ul');
  console.log(await ul.$$eval('li', (all) => all.length), await (await ul.$('.a')).isVisible(), await ul.$('.none'));
  const box = await items[0].boundingBox();
  console.log(Object.keys(box).sort().join(), box.width > 0);
  console.log(await page.evaluate((first, second) => first === second.firstElementChild, items[0], ul));
  const promise = await page.evaluateHandle(() => Promise.resolve(new Map([[1, 2]])));
  console.log(`${promise}`, await promise.evaluate((map) => map.size));
  await config.dispose();
  await config.jsonValue().catch((error) => console.log(error.message));
  const circular = await page.evaluate(() => { const o = {}; o.o = o; return o; }).catch((error) => error.constructor.name);
  console.log(circular);
  await browser.close();
})().catch((error) => { console.error(error); process.exit(1); });
