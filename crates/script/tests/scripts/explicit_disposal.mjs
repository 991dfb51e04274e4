import puppeteer from 'puppeteer';

const events = [];
class Step {
  constructor(name) { this.name = name; events.push(`+${name}`); }
  [Symbol.dispose]() { events.push(`-${this.name}`); }
}

async function title(browser, html) {
  await using page = await browser.newPage();
  using step = new Step('page');
  await page.setContent(html);
  using heading = await page.$('h1');
  return `${step.name} ${await heading.evaluate((h) => h.textContent)}`;
}

{
  await using browser = await puppeteer.launch();
  await using context = await browser.createBrowserContext();
  console.log(await title(context, '<h1>one</h1>'), await title(browser, '<h1>two</h1>'));
  console.log((await context.pages()).length);
  {
    await using stack = new AsyncDisposableStack();
    stack.defer(() => events.push('deferred'));
    stack.use(new Step('stack'));
  }
  console.log(events.join(' '));
}
console.log('closed');
