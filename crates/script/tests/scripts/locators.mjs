import puppeteer, { Locator, TimeoutError } from 'puppeteer';

const browser = await puppeteer.launch();
const page = await browser.newPage();
page.setDefaultTimeout(5000);
await page.setContent(`<form onsubmit="event.preventDefault(); out.textContent = new URLSearchParams(new FormData(this))">
  <label>Name <input name="name"></label><label><input type="checkbox" name="news"> News</label>
  <select name="plan"><option value="a">A</option><option value="b">B</option></select>
  <textarea name="note"></textarea><button disabled>Save</button></form><output id="out"></output>
  <script>setTimeout(() => { document.querySelector('button').disabled = false }, 100)</script>`);
await page.locator('input[name=name]').fill('Ada');
await page.locator('select').fill('b');
await page.locator('textarea').fill('two\nlines');
await page.locator('input[type=checkbox]').click();
await page.locator('button').click();
console.log(await page.locator('#out').map((out) => out.textContent).wait());
console.log(await page.locator('label:nth-of-type(2)').filter((label) => label.textContent.includes('News')).map((l) => l.innerText.trim()).wait());
const handle = await Locator.race([page.locator('#never'), page.locator('h1,output')]).waitHandle();
console.log(await handle.evaluate((element) => element.tagName));
let clicks = 0;
await page.locator('button').on('action', () => { clicks++; }).click({ count: 2 });
console.log('actions', clicks);
try {
  await page.locator('#missing').setTimeout(200).click();
} catch (error) {
  console.log(error instanceof TimeoutError, error.name, error.message);
}
console.log(await page.locator(() => document.querySelectorAll('option').length).wait());
await browser.close();
