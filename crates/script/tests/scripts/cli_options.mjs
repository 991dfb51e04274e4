#!/usr/bin/env node
import { parseArgs } from 'node:util';
import puppeteer from 'puppeteer';

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: { selector: { type: 'string', short: 's', default: 'h2' }, json: { type: 'boolean', default: true } },
});
const browser = await puppeteer.launch();
const page = await browser.newPage();
await page.setContent('<h2>A</h2><h2>B</h2>');
const found = await page.$$eval(values.selector, (els) => els.map((e) => e.textContent));
console.log(values.json ? JSON.stringify({ found }) : found);
await browser.close();
