import { answer, open, request } from 'one-shot';

await open(page);
await answer('page.pdf', await page.pdf(request.options ?? {}));
