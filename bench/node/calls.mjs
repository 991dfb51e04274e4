// node calls.mjs PUPPETEER: a browser with one page. For each line on standard input, a job's vars as JSON, it runs
// calls.js once and answers with a line of its results. Ends with its input.
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { AsyncFunction, launchOptions, prepare, puppeteer } from './subjects.mjs';

const code = await readFile(new URL('calls.js', import.meta.url), 'utf8');
const run = new AsyncFunction('page', 'vars', 'results', code);
const browser = await puppeteer(process.argv[2]).launch(launchOptions);
const page = await browser.newPage();
await prepare(page);
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const results = {};
  await run(page, JSON.parse(line), results);
  console.log(JSON.stringify(results));
}
await browser.close();
