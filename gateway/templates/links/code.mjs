import { answer, open, request } from 'one-shot';

await open(page);
const links = await page.evaluate(({ visibleLinksOnly, excludeExternalLinks }) => {
  const shown = (link) => link.getClientRects().length > 0 && getComputedStyle(link).visibility !== 'hidden';
  const found = [...document.querySelectorAll('a[href]')]
    .filter((link) => /^https?:$/.test(link.protocol) && (!visibleLinksOnly || shown(link)))
    .filter((link) => !excludeExternalLinks || link.host === location.host);
  return [...new Set(found.map((link) => link.href))];
}, request);
await answer('links.json', { success: true, result: links });
