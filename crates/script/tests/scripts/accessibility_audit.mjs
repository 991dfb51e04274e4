import puppeteer from 'puppeteer';

const browser = await puppeteer.launch();
const page = await browser.newPage();
await page.setContent(`<title>Audit</title><main><h1>Sign up</h1><label for="mail">E-mail</label><input id="mail" value="a@b.example" required>
<button>Send</button><button aria-label="Close" disabled>x</button><img alt="" src="data:,"><a href="#">Terms</a>
<input type="checkbox" checked aria-label="News"></main>`);
const tree = await page.accessibility.snapshot();
const lines = [];
(function walk(node, depth) {
  const extras = ['value', 'level', 'checked', 'disabled', 'required'].filter((key) => node[key] !== undefined).map((key) => `${key}=${node[key]}`);
  lines.push('  '.repeat(depth) + [node.role, JSON.stringify(node.name), ...extras].join(' '));
  for (const child of node.children ?? []) walk(child, depth + 1);
})(tree, 0);
console.log(lines.join('\n'));
const input = await page.$('aria/E-mail[role="textbox"]');
console.log(await input.evaluate((element) => element.id));
const named = tree.children.filter(({ name }) => !name).length;
console.log('without a name:', named);
await browser.close();
