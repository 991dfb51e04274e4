// Files by number, folders entry by entry, and calls with callbacks, in the order of their answers.
const fs = require('fs');
const path = require('path');
const { promisify } = require('util');
require('puppeteer');

const folder = path.join(__dirname, 'data');
fs.mkdirSync(folder);
const number = fs.openSync(path.join(folder, 'log.txt'), 'w');
fs.writeSync(number, 'hello ');
fs.writeSync(number, Buffer.from('world!'), 0, 5);
console.log(fs.fstatSync(number).size);
fs.closeSync(number);

const buffer = Buffer.alloc(5);
const again = fs.openSync('data/log.txt', 'r');
console.log(fs.readSync(again, buffer, 0, 5, 6), buffer.toString(), fs.readSync(again, buffer), buffer.toString());
fs.closeSync(again);
fs.appendFileSync('data/log.txt', '\nsecond line\n');

(async () => {
  const file = await fs.promises.open('data/log.txt');
  for await (const line of file.readLines()) console.log('>', line);
  const names = [];
  for await (const entry of await fs.promises.opendir('data')) names.push(`${entry.name} ${entry.isFile()}`);
  console.log(names);
  await promisify(fs.writeFile)('data/b.txt', 'b');
  await promisify(fs.access)('data/none').catch((error) => console.log(error.code, error.syscall, error.errno));
  console.log(await promisify(fs.readFile)('data/b.txt', 'utf8'), fs.existsSync('data/none'), fs.lstatSync('data').isDirectory());
  fs.rename('data/b.txt', 'data/c.txt', (error) => fs.readdir('data', (other, found) => {
    console.log(error, other, found);
    fs.rmSync('data/c.txt');
    try {
      fs.rmdirSync('data');
    } catch (failed) {
      console.log(failed.code);
    }
  }));
})();
