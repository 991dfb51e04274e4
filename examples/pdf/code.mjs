// Fills a page with data and prints it as a PDF.
//
//   cargo run --bin puppet-master -- run examples/pdf
//
// vars.url is the template page, vars.items the lines of the invoice as JSON. The PDF comes back as base64. From a gateway's job:
//   puppet-master jobs show UUID --json | jq -r .results.pdf | base64 -d > /tmp/invoice.pdf
const items = JSON.parse(vars.items);

await page.goto(vars.url, { waitUntil: 'networkidle0' });
await page.evaluate((number, items) => fill(number, items), vars.number, items);
results.total = await page.$eval('#total', (element) => element.textContent);

await page.emulateMedia('print');
const pdf = await page.pdf({ format: 'A4', printBackground: true, margin: { top: '2cm', bottom: '2cm' } });
results.bytes = pdf.length;
results.pdf = pdf.toString('base64');
