// What a process says of itself, and in which order its parts run.
const puppeteer = require('puppeteer');

process.on('exit', (code) => console.log('exit', code));
process.once('beforeExit', () => console.log('before exit'));
process.on('SIGINT', () => console.log('never'));
process.on('unhandledRejection', (reason, promise) => console.log('unhandled', reason.message, promise instanceof Promise));
process.on('uncaughtException', (error, origin) => console.log('uncaught', error.message, origin));

setTimeout(() => console.log('timeout'), 0);
Promise.resolve().then(() => console.log('promise'));
queueMicrotask(() => console.log('microtask'));
console.log(process.env.NOT_THERE ?? 'default', 'NOT_THERE' in process.env, process.argv.length, process.argv.slice(2), process.exitCode);
process.env.COUNT = 3;
console.log(process.env.COUNT, typeof process.env.COUNT, delete process.env.COUNT, process.env.COUNT);
console.log(process.uptime() > 0, process.hrtime().length, typeof process.hrtime.bigint(), process.memoryUsage().heapUsed > 0, process.kill(process.pid, 0));

(async () => {
  const browser = await puppeteer.launch();
  const page = await browser.newPage();
  await page.setContent('<title>Order</title>');
  console.log(await page.title());
  await browser.close();
  setTimeout(() => { throw new Error('in a timer'); }, 1);
  setTimeout(() => { Promise.reject(new Error('nobody')); }, 20);
  setTimeout(() => { console.log('goes on'); }, 40);
})();
