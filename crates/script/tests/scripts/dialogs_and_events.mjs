import puppeteer from 'puppeteer';

const browser = await puppeteer.launch();
const page = await browser.newPage();
page.on('dialog', async (dialog) => {
  console.log('dialog:', dialog.type(), dialog.message());
  await dialog.accept('typed');
});
page.on('console', (msg) => { if (msg.text().startsWith('app:')) console.log('console:', msg.text()); });
await page.setContent('<button onclick="document.title = prompt(\'name?\'); console.log(\'app: clicked\')">go</button>');
await page.click('button');
await page.waitForFunction(() => document.title === 'typed');
await new Promise((resolve) => setTimeout(resolve, 50));
console.log('title:', await page.title());
await browser.close();
