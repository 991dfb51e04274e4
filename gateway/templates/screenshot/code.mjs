import { answer, open, request } from 'one-shot';

await open(page);
// Of a page with pictures Chromium packs a small PNG file for longer than all the rest takes; the pixels are the same.
const { type = 'png', optimizeForSpeed = true, ...options } = request.options ?? {};
const target = request.selector ? await page.waitForSelector(request.selector) : page;
await answer(`screenshot.${type === 'jpeg' ? 'jpg' : type}`, await target.screenshot({ type, optimizeForSpeed, ...options }));
