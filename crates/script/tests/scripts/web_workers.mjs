import puppeteer from 'puppeteer';

const browser = await puppeteer.launch();
const page = await browser.newPage();
const created = new Promise((resolve) => page.once('workercreated', resolve));
await page.setContent(`<script>
  const source = 'self.table = { rows: 3 }; onmessage = ({ data }) => postMessage(data.reduce((a, b) => a + b, 0));';
  window.worker = new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));
  window.sum = (numbers) => new Promise((resolve) => { worker.onmessage = (e) => resolve(e.data); worker.postMessage(numbers); });
</script>`);
const worker = await created;
console.log(worker.url().startsWith('blob:'), page.workers().length);
console.log(await page.evaluate(() => sum([1, 2, 3, 4])));
console.log(await worker.evaluate((key) => self[key].rows * 2, 'table'));
const handle = await worker.evaluateHandle(() => self.table);
console.log(await handle.jsonValue());
const gone = new Promise((resolve) => page.once('workerdestroyed', resolve));
await page.evaluate(() => worker.terminate());
console.log((await gone) === worker, page.workers().length);
await browser.close();
