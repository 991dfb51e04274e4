// Takes pictures of one page: what a desktop shows, the whole page, a phone, one element.
//
//   cargo run --bin puppet-master -- run examples/screenshot --output /tmp/screenshots
//
// vars.url is the page's address. The pictures are files of the job; --output writes them into a folder.
await page.setViewport({ width: 1280, height: 720 });
await page.goto(vars.url, { waitUntil: 'networkidle0' });
await page.screenshot({ path: 'desktop.png' });
await page.screenshot({ path: 'whole.png', fullPage: true });

const chart = await page.$('#chart');
await chart.screenshot({ path: 'chart.png' });

await page.setViewport({ width: 390, height: 844, deviceScaleFactor: 2, isMobile: true, hasTouch: true });
await page.reload({ waitUntil: 'networkidle0' });
await page.screenshot({ path: 'phone.jpg', type: 'jpeg', quality: 80 });

results.pictures = await files.list();
