import fs from 'fs/promises';
import puppeteer from 'puppeteer';

const STATE = './state.json';

async function loadState() {
  try {
    return JSON.parse(await fs.readFile(STATE, 'utf-8'));
  } catch (e) {
    if (e.code !== 'ENOENT') throw e;
    return { seen: [] };
  }
}

const state = await loadState();
const browser = await puppeteer.launch({ defaultViewport: { width: 400, height: 300 } });
const page = await browser.newPage();
await page.setContent(`<div id="list"></div><script>
  let n = 0;
  const more = () => { for (let i = 0; i < 10; i++) { const d = document.createElement('div'); d.className = 'item'; d.style.height = '60px'; d.textContent = 'Item ' + ++n; list.append(d); } };
  more();
  addEventListener('scroll', () => { if (n < 40 && innerHeight + scrollY >= document.body.scrollHeight - 5) more(); });
</script>`);
let previous = 0;
for (;;) {
  const items = await page.$$eval('.item', (els) => els.map((el) => el.textContent));
  if (items.length === previous) break;
  previous = items.length;
  for (const item of items) if (!state.seen.includes(item)) state.seen.push(item);
  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
  await new Promise((r) => setTimeout(r, 200));
}
await fs.writeFile(STATE, JSON.stringify(state));
console.log('items:', state.seen.length, state.seen.at(-1));
await browser.close();
