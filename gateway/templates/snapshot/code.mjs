import { answer, open, request } from 'one-shot';

await open(page);
const { type = 'png', optimizeForSpeed = true, ...options } = request.options ?? {};
const content = await page.content();
const screenshot = await page.screenshot({ type, optimizeForSpeed, ...options, encoding: 'base64' });
const metadata = await page.evaluate(() => ({
  title: document.title, url: location.href, language: document.documentElement.lang || undefined,
  meta: Object.fromEntries([...document.querySelectorAll('meta[content]')]
    .map((meta) => [meta.getAttribute('name') ?? meta.getAttribute('property'), meta.content]).filter(([name]) => name)),
}));
const text = await page.evaluate(() => document.body?.innerText ?? '');
await answer('snapshot.json', { success: true, result: { screenshot, content, text, metadata } });
