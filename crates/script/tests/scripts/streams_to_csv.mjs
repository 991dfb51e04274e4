// Rows go through a transform into a file; the file is read again line by line, by pieces, and as a whole.
import { once } from 'node:events';
import fs from 'node:fs';
import readline from 'node:readline';
import { Readable, Transform } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import puppeteer from 'puppeteer';

const browser = await puppeteer.launch();
const page = await browser.newPage();
await page.setContent([1, 2, 3].map((n) => `<li data-id="${n}">Item ${n}<b>$${n}.50</b></li>`).join(''));
const rows = await page.$$eval('li', (items) => items.map((item) => [item.dataset.id, item.querySelector('b').textContent]));
await browser.close();

const toCsv = new Transform({
  objectMode: true,
  construct(done) { this.count = 0; done(); },
  transform(row, _, done) { this.count++; done(null, `${row.join(';')}\n`); },
  flush(done) { this.push(`total;${this.count}\n`); done(); },
});
await pipeline(rows, toCsv, fs.createWriteStream('rows.csv'));
for await (const line of readline.createInterface({ input: fs.createReadStream('rows.csv'), crlfDelay: Infinity })) console.log(line);

const file = fs.createWriteStream('long.txt', { highWaterMark: 64 });
let waited = 0;
for (let n = 0; n < 50; n++) {
  if (file.write(`line ${n}\n`)) continue;
  waited++;
  await once(file, 'drain');
}
file.end();
await once(file, 'close');
console.log(waited > 0, file.bytesWritten, fs.statSync('long.txt').size);

const pieces = [];
for await (const piece of fs.createReadStream('long.txt', { encoding: 'utf8', start: 5, end: 20, highWaterMark: 4 })) pieces.push(piece);
console.log(pieces, (await text(fs.createReadStream('long.txt'))).length);
console.log(await Readable.from(rows).map(([id]) => Number(id)).filter((id) => id > 1).toArray());
console.log(await new Promise((resolve) => fs.createReadStream('nope.txt').on('error', (error) => resolve(error.code))));
console.log(await pipeline(Readable.fromWeb(new Blob(['a', 'b']).stream()), async (source) => {
  let all = '';
  for await (const piece of source) all += piece;
  return all;
}));
