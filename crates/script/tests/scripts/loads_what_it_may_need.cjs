// What a script loads at its top and needs only on another machine.
const { AsyncLocalStorage, AsyncResource } = require('async_hooks');
const childProcess = require('child_process');
const cluster = require('node:cluster');
const diagnostics = require('diagnostics_channel');
const dns = require('dns');
const http = require('http');
const https = require('https');
const net = require('net');
const tty = require('tty');
const { Worker, isMainThread, workerData } = require('worker_threads');
const puppeteer = require('puppeteer');

dns.setDefaultResultOrder('ipv4first');
console.log(isMainThread, workerData, cluster.isPrimary, tty.isatty(1), net.isIP('10.0.0.1'), net.isIP('fe80::1'), net.isIP('example.org'));
console.log(typeof childProcess.spawn, typeof Worker, http.STATUS_CODES[404], https.globalAgent.defaultPort, new http.Agent({ keepAlive: true }).keepAlive);

const requests = new AsyncLocalStorage();
requests.run({ id: 1 }, () => console.log(requests.getStore().id, requests.getStore() === requests.getStore()));
console.log(requests.getStore(), new AsyncResource('JOB').runInAsyncScope((a, b) => a + b, null, 1, 2));

const channel = diagnostics.channel('visits');
channel.subscribe((message, name) => console.log(name, message.title));
(async () => {
  const browser = await puppeteer.launch();
  const page = await browser.newPage();
  await page.setContent('<title>Loaded</title>');
  channel.publish({ title: await page.title() });
  await requests.run({ id: 2 }, async () => {
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 5)));
    console.log(requests.getStore().id);
  });
  await browser.close();
})();
