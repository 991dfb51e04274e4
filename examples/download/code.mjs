// Clicks a link that downloads a file, and works with what came.
//
//   cargo run --bin puppet-master -- run examples/download
//
// vars.url is the page's address. The file is one of the job's files, too, and can be had from the API.
await page.goto(vars.url);
const report = await files.download(() => page.click('#report'));

const [head, ...rows] = report.bytes.toString().trim().split('\n').map((line) => line.split(','));
results.file = report.name;
results.columns = head;
results.total = rows.reduce((sum, row) => sum + Number(row[1]), 0);
