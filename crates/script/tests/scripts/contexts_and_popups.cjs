const puppeteer = require('puppeteer');

(async () => {
  const browser = await puppeteer.launch();
  const serve = async (page) => {
    await page.setRequestInterception(true);
    page.on('request', (request) => request.respond({ contentType: 'text/html', body: `<title>${new URL(request.url()).pathname}</title><button onclick="open('about:blank')">open</button>` }));
    return page;
  };
  const contexts = await Promise.all([browser.createBrowserContext(), browser.createBrowserContext()]);
  const pages = [];
  for (const context of contexts) pages.push(await serve(await context.newPage()));
  await Promise.all(pages.map((page, i) => page.goto(`https://app.example/user${i}`)));
  for (const [i, page] of pages.entries()) await page.evaluate((value) => localStorage.setItem('user', value), `u${i}`);
  console.log(await Promise.all(pages.map((page) => page.evaluate(() => localStorage.getItem('user')))));
  const [popup] = await Promise.all([
    new Promise((resolve) => pages[0].once('popup', resolve)),
    pages[0].evaluate(() => { open('about:blank'); }),
  ]);
  console.log(popup !== null, (await contexts[0].pages()).length, (await contexts[1].pages()).length);
  const target = pages[0].target();
  console.log(target.type(), target.browserContext() === contexts[0], browser.browserContexts().length);
  const created = new Promise((resolve) => browser.once('targetcreated', resolve));
  const extra = await contexts[1].newPage();
  console.log((await created) === extra.target(), extra.url());
  let closed = 0;
  extra.on('close', () => { closed++; });
  await extra.close();
  await contexts[0].close();
  console.log(closed, extra.isClosed(), pages[0].isClosed(), pages[1].isClosed());
  console.log(browser.connected, (await browser.version()).split('/').length);
  await browser.close();
  console.log(browser.connected);
})();
