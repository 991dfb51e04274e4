import puppeteer, { KnownDevices, PredefinedNetworkConditions } from 'puppeteer';

const browser = await puppeteer.launch();
const page = await browser.newPage();
const facts = () => page.evaluate(() => ({
  width: innerWidth, ratio: devicePixelRatio, touch: navigator.maxTouchPoints > 0, mobile: /Mobile/.test(navigator.userAgent),
  dark: matchMedia('(prefers-color-scheme: dark)').matches, calm: matchMedia('(prefers-reduced-motion: reduce)').matches,
}));
for (const name of ['iPhone 13', 'Pixel 5 landscape', 'iPad Pro 11']) {
  await page.emulate(KnownDevices[name]);
  await page.setContent('<meta name="viewport" content="width=device-width"><p>x</p>');
  console.log(name, await facts());
}
await page.setViewport({ width: 1024, height: 768, deviceScaleFactor: 2 });
await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }, { name: 'prefers-reduced-motion', value: 'reduce' }]);
await page.emulateTimezone('Asia/Tokyo');
console.log(await page.evaluate(() => [matchMedia('(prefers-color-scheme: dark)').matches, new Date(0).getHours(), devicePixelRatio]));
await page.emulateVisionDeficiency('achromatopsia');
await page.emulateCPUThrottling(2);
await page.emulateNetworkConditions(PredefinedNetworkConditions['Slow 3G']);
await page.setOfflineMode(true);
console.log(await page.evaluate(() => navigator.onLine), page.viewport());
await page.setOfflineMode(false);
await browser.close();
