import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import puppeteer from 'puppeteer';

function pLimit(concurrency) {
  const queue = [];
  let active = 0;
  const next = () => {
    if (active >= concurrency || queue.length === 0) return;
    active++;
    const { fn, resolve, reject } = queue.shift();
    fn().then(resolve, reject).finally(() => { active--; next(); });
  };
  return (fn) => new Promise((resolve, reject) => { queue.push({ fn, resolve, reject }); next(); });
}

const progress = new EventEmitter();
const done = [];
progress.on('done', (n) => done.push(n));

const browser = await puppeteer.launch();
const limit = pLimit(2);
const squares = await Promise.all([1, 2, 3, 4, 5].map((n) => limit(async () => {
  const page = await browser.newPage();
  try {
    await page.setContent(`<p>${n}</p>`);
    await sleep(5);
    return await page.$eval('p', (p) => Number(p.textContent) ** 2);
  } finally {
    await page.close();
    progress.emit('done', n);
  }
})));
console.log(squares, done.length);
await browser.close();
