// Digests of streams, and keys of passwords.
const crypto = require('crypto');
const fs = require('fs');
const { pipeline } = require('stream/promises');
const zlib = require('zlib');
require('puppeteer');

(async () => {
  fs.writeFileSync('a.txt', 'a'.repeat(100000));
  const hash = crypto.createHash('sha256');
  await pipeline(fs.createReadStream('a.txt'), hash);
  console.log(hash.digest ? hash.read().toString('hex').slice(0, 16) : '');
  const md5 = crypto.createHash('md5').setEncoding('hex');
  fs.createReadStream('a.txt').pipe(md5).on('finish', () => console.log(md5.read()));
  await pipeline(fs.createReadStream('a.txt'), zlib.createGzip(), fs.createWriteStream('a.txt.gz'));
  console.log(zlib.gunzipSync(fs.readFileSync('a.txt.gz')).length, fs.statSync('a.txt.gz').size < 1000);
  console.log(crypto.pbkdf2Sync('secret', 'salt', 100, 24, 'sha512').toString('hex'));
  crypto.pbkdf2('secret', 'salt', 10, 8, 'sha256', (error, key) => console.log(error, key.toString('base64')));
  fs.unlinkSync('a.txt');
  fs.unlinkSync('a.txt.gz');
})();
