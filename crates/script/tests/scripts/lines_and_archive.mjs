// Addresses come from a file, a line each; what is found goes into a packed file.
import fs from 'node:fs';
import readline from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import puppeteer from 'puppeteer';

fs.writeFileSync('pages.txt', '# what to look at\nfirst\r\nsecond\n\nthird');
const browser = await puppeteer.launch();
const [page] = await browser.pages();
const found = [];
for await (const line of readline.createInterface({ input: fs.createReadStream('pages.txt'), crlfDelay: Infinity })) {
  const name = line.trim();
  if (name === '' || name.startsWith('#')) continue;
  await page.goto(`data:text/html,<title>${name} page</title><p>${name.repeat(3)}`);
  found.push({ name, title: await page.title(), text: await page.$eval('p', (p) => p.textContent) });
}
await browser.close();

const text = found.map((row) => JSON.stringify(row)).join('\n');
fs.writeFileSync('found.jsonl', text);
await pipeline(fs.createReadStream('found.jsonl'), zlib.createGzip({ level: 9 }), fs.createWriteStream('found.jsonl.gz'));
const unpacked = zlib.gunzipSync(fs.readFileSync('found.jsonl.gz')).toString();
console.log(found.length, unpacked === text, (await promisify(zlib.inflate)(zlib.deflateSync('deflated'))).toString());
const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate')).pipeThrough(new DecompressionStream('deflate'));
console.log(await new Response(stream).text() === text, zlib.gzipSync('x').subarray(0, 2).toString('hex'));
fs.rmSync('found.jsonl.gz');
