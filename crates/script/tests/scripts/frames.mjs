import puppeteer from 'puppeteer';

const browser = await puppeteer.launch();
const page = await browser.newPage();
const seen = [];
page.on('frameattached', () => seen.push('attached'));
page.on('framenavigated', (frame) => { if (frame !== page.mainFrame()) seen.push('navigated'); });
page.on('framedetached', () => seen.push('detached'));
await page.setContent(`<h1>Outer</h1><iframe name="pay" srcdoc="<form><input id=card><button type=button onclick='this.textContent = card.value.length'>Pay</button></form>
<iframe name=deep srcdoc='<p>deep</p>'></iframe>"></iframe>`);
const frame = await page.waitForFrame((frame) => frame.name() === 'pay');
await (await frame.waitForSelector('#card')).type('4242');
await frame.click('button');
console.log(await frame.$eval('button', (button) => button.textContent));
const element = await page.waitForSelector('iframe[name=pay]');
console.log((await element.contentFrame()) === frame, frame.parentFrame() === page.mainFrame());
const deep = await page.waitForFrame(async (frame) => frame.name() === 'deep');
console.log(await deep.evaluate(() => document.querySelector('p').textContent), frame.childFrames().length, page.frames().length);
await element.evaluate((iframe) => iframe.remove());
console.log(frame.detached, deep.isDetached?.() ?? deep.detached, page.frames().length);
try {
  await frame.evaluate(() => 1);
} catch (error) {
  console.log('error', error.message.slice(0, 32));
}
console.log([...new Set(seen)].join());
await browser.close();
