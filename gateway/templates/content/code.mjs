import { answer, open } from 'one-shot';

await open(page);
await answer('page.html', await page.content());
