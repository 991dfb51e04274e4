const { promises: fs } = require('fs');
const path = require('path');
const puppeteer = require('puppeteer');

const variants = {
  'a4.pdf': { format: 'A4', printBackground: true },
  'landscape.pdf': { format: 'letter', landscape: true, margin: { top: '1cm', bottom: '1cm' } },
  'header.pdf': {
    width: '15cm', height: '10cm', displayHeaderFooter: true, margin: { top: 60, bottom: 60 },
    headerTemplate: '<span style="font-size:10px" class="title"></span>',
    footerTemplate: '<span style="font-size:10px"><span class="pageNumber"></span>/<span class="totalPages"></span></span>',
  },
  'pages.pdf': { format: 'A5', pageRanges: '1-2', scale: 0.8 },
  'css.pdf': { preferCSSPageSize: true },
};

async function main() {
  const browser = await puppeteer.launch();
  const page = await browser.newPage();
  await page.setContent(`<title>Report</title><style>@page { size: 200mm 100mm } p { break-after: page }</style>
    ${[1, 2, 3].map((n) => `<p>Page ${n}</p>`).join('')}`);
  await page.emulateMediaType('print');
  await fs.mkdir('out');
  for (const [name, options] of Object.entries(variants)) {
    const pdf = await page.pdf({ path: path.join('out', name), ...options });
    const text = Buffer.from(pdf).toString('latin1');
    const [, width, height] = /MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]/.exec(text);
    const { size } = await fs.stat(`out/${name}`);
    console.log(name, Math.round(width), Math.round(height), text.split('/Type /Page\n').length - 1, size === pdf.length);
  }
  try {
    await page.pdf({ format: 'A99' });
  } catch (error) {
    console.log(error.message);
  }
  await browser.close();
}
main();
