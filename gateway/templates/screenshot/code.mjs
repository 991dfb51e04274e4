import { answer, open, request } from 'one-shot';

await open(page);
const { type = 'png', ...options } = request.options ?? {};
const target = request.selector ? await page.waitForSelector(request.selector) : page;
await answer(`screenshot.${type === 'jpeg' ? 'jpg' : type}`, await target.screenshot({ type, ...options }));
