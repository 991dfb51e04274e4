import puppeteer from 'puppeteer';

const browser = await puppeteer.launch({ defaultViewport: { width: 600, height: 400 } });
const page = await browser.newPage();
await page.setContent(`<style>#a, #b { position: absolute; width: 80px; height: 80px } #b { left: 300px } #bar { position: absolute; top: 200px; width: 200px; height: 20px }</style>
<div id="a" draggable="true">card</div><div id="b">list</div><div id="bar"></div><script>
  const log = []; const list = document.querySelector('#b'); const card = document.querySelector('#a');
  card.ondragstart = (e) => { log.push('start'); e.dataTransfer.setData('text/plain', 'card-1'); };
  list.ondragenter = () => log.push('enter');
  list.ondragover = (e) => { e.preventDefault(); if (log.at(-1) !== 'over') log.push('over'); };
  list.ondrop = (e) => { e.preventDefault(); log.push('drop ' + e.dataTransfer.getData('text/plain')); list.append(card); };
  bar.onmousedown = () => { bar.onmousemove = (e) => { bar.dataset.value = Math.round(e.offsetX / 2); }; };
  onmouseup = () => { bar.onmousemove = null; };
</script>`);
const card = await page.waitForSelector('#a');
const list = await page.waitForSelector('#b');
// Chromium finds what is under the pointer once it has been painted.
const painted = () => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
await painted();
await list.drop(card);
await page.waitForFunction(() => log.some((line) => line.startsWith('drop')));
console.log(await page.evaluate(() => [log[0], log.includes('over'), log.at(-1), card.parentElement.id].join()));
const { x, y, height } = await (await page.$('#bar')).boundingBox();
await page.mouse.move(x + 10, y + height / 2);
await page.mouse.down();
await page.mouse.move(x + 150, y + height / 2, { steps: 5 });
await page.mouse.up();
await page.mouse.move(x + 20, y + height / 2);
console.log(await page.$eval('#bar', (bar) => bar.dataset.value));
await page.evaluate(() => { document.body.style.height = '3000px'; });
await painted();
await page.mouse.move(5, 300);
await page.mouse.wheel({ deltaY: 400 });
await page.waitForFunction(() => scrollY > 0);
console.log(await page.evaluate(() => scrollY));
await browser.close();
