const fs = require('fs');
const puppeteer = require('puppeteer');

const invoices = [
  { id: 'INV-001', customer: 'Ada', lines: [['Book', 2, 9.5], ['Pen', 10, 1.2]] },
  { id: 'INV-002', customer: 'Grace', lines: [['Compiler', 1, 99]] },
];
const money = (n) => '€' + n.toFixed(2);
const template = ({ id, customer, lines }) => `
<h1>Invoice ${id}</h1><p>For ${customer}</p>
<table>${lines.map(([what, n, price]) => `<tr><td>${what}</td><td>${n}</td><td>${money(n * price)}</td></tr>`).join('')}</table>
<b id="total">${money(lines.reduce((sum, [, n, price]) => sum + n * price, 0))}</b>`;

(async function () {
  const browser = await puppeteer.launch();
  const page = await browser.newPage();
  fs.mkdirSync('pdf', { recursive: true });
  for (const invoice of invoices) {
    await page.setContent(template(invoice), { waitUntil: 'load' });
    const total = await page.$eval('#total', (b) => b.innerText);
    const pdf = await page.pdf({ format: 'A4', printBackground: true });
    fs.writeFileSync(`pdf/${invoice.id}.pdf`, pdf);
    console.log('%s %s %s', invoice.id, invoice.customer, total);
  }
  await browser.close();
})();
