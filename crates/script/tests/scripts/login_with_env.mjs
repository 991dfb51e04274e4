import dotenv from 'dotenv';
import puppeteer from 'puppeteer';

dotenv.config();

const user = process.env.LOGIN_USER ?? 'ada';
const password = process.env.LOGIN_PASSWORD || 'secret';
if (!user || !password) {
  console.error('Set LOGIN_USER and LOGIN_PASSWORD');
  process.exit(1);
}

const browser = await puppeteer.launch();
const page = await browser.newPage();
await page.setContent(`<form onsubmit="event.preventDefault(); document.querySelector('#out').textContent = 'Welcome ' + this.user.value + ' ' + this.pass.value.length">
  <input name="user" id="user"><input name="pass" id="pass" type="password"><button>Login</button></form><p id="out"></p>`);
await page.type('#user', user);
await page.type('#pass', password);
await page.click('button');
await page.waitForFunction(() => document.querySelector('#out').textContent.length > 0);
console.log(await page.$eval('#out', (p) => p.textContent));
await browser.close();
