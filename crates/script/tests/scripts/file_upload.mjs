import fs from 'node:fs';
import puppeteer from 'puppeteer';

fs.mkdirSync('in');
fs.writeFileSync('in/notes.txt', 'hello upload');
fs.writeFileSync('in/data.json', '{"a":1}');
const browser = await puppeteer.launch();
const page = await browser.newPage();
await page.setContent('<input type="file" multiple><button>Choose</button><script>document.querySelector("button").onclick = () => document.querySelector("input").click()</script>');
const read = () => page.$eval('input', (input) => Promise.all([...input.files].map(async (file) => `${file.name} ${file.type} ${await file.text()}`)));
const input = await page.$('input[type=file]');
await input.uploadFile('in/notes.txt', './in/data.json');
console.log(await read());
const [chooser] = await Promise.all([page.waitForFileChooser(), page.click('button')]);
console.log(chooser.isMultiple());
await chooser.accept(['in/notes.txt']);
console.log(await read());
await browser.close();
