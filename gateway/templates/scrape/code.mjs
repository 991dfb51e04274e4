import { answer, open, request } from 'one-shot';

await open(page);
const found = [];
for (const { selector, timeout } of request.elements) {
  if (timeout !== undefined) await page.waitForSelector(selector, { timeout });
  found.push({ selector, results: await page.$$eval(selector, (elements) => elements.map((element) => {
    const { width, height, top, left } = element.getBoundingClientRect();
    const attributes = [...element.attributes].map(({ name, value }) => ({ name, value }));
    return { text: element.innerText ?? element.textContent, html: element.innerHTML, attributes, width, height, top, left };
  })) });
}
await answer('scrape.json', { success: true, data: found, result: found });
