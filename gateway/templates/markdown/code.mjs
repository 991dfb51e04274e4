import { answer, open } from 'one-shot';
import { markdown } from 'markdown';

await open(page);
await answer('page.md', await page.evaluate(markdown));
