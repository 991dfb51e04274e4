#!/usr/bin/env node
import puppeteer, { KnownDevices, launch, TimeoutError } from 'puppeteer';

const seen = {};
const browser = await puppeteer.launch({ headless: true, args: ['--no-sandbox'] });
const page = await browser.newPage();
seen.viewport = { width: page.viewport().width, height: page.viewport().height };
seen.isTheJobs = page === globalThis.page;
seen.first = (await browser.pages())[0] === page;
await page.goto(process.env.site);
seen.title = await page.title();
await page.evaluate(() => { document.cookie = 'a=b'; });
const other = await browser.newPage();
seen.pages = (await browser.pages()).length;
await other.close();
seen.connected = [browser.connected];
browser.on('disconnected', () => { seen.disconnected = 1; });
await browser.close();
seen.connected.push(browser.isConnected());

const again = await launch({ defaultViewport: { width: 500, height: 400 } });
const fresh = await again.newPage();
await fresh.goto(process.env.site);
seen.isolated = await fresh.evaluate(() => document.cookie);
seen.second = { width: fresh.viewport().width, height: fresh.viewport().height };
await again.close();
await again.close();
seen.closedTwice = 'fine';
seen.device = typeof KnownDevices === 'object' && typeof TimeoutError === 'function';
results.seen = seen;
