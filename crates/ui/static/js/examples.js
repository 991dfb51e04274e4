// Jobs to begin with. Each brings its page along, so that it works where nothing but the gateway is reached.

/** `{id, title, code, vars, modules}` */
export const EXAMPLES = [
  {
    id: 'hello',
    title: 'Read a page',
    code: `// Opens a page and reads from it. With a vars.url you could say: await page.goto(vars.url);
await page.setContent(vars.html);

results.title = await page.title();
results.planets = await page.$$eval('li', (items) => items.map((item) => item.textContent));
logger.info('%d planets on a page called %s', results.planets.length, results.title);
`,
    vars: { html: '<title>Planets</title><ul><li>Mercury</li><li>Venus</li><li>Earth</li></ul>' },
    modules: {},
  },
  {
    id: 'form',
    title: 'Fill in a form',
    code: `// Types, clicks, and waits for what the page answers.
await page.setContent(\`
  <input id="name" placeholder="Your name"> <button id="greet">Greet</button> <p id="greeting"></p>
  <script>
    greet.onclick = () => setTimeout(() => { greeting.textContent = 'Hello, ' + document.querySelector('#name').value; }, 300);
  </script>\`);

await page.type('#name', vars.name);
await page.click('#greet');
await page.waitForFunction(() => document.querySelector('#greeting').textContent);
results.greeting = await page.$eval('#greeting', (p) => p.textContent);
logger.info(results.greeting);
`,
    vars: { name: 'Ada' },
    modules: {},
  },
  {
    id: 'screenshot',
    title: 'Take a screenshot',
    code: `// A picture goes into the results as base64; the result shows it.
await page.setViewport({ width: 800, height: 450 });
await page.setContent(\`<body style="margin:0;display:grid;place-items:center;height:100vh;background:linear-gradient(135deg,#5334e8,#12a0c9)">
  <h1 style="color:white;font:700 56px sans-serif">\${vars.text}</h1>\`);

const picture = await page.screenshot();
results.picture = picture.toString('base64');
logger.info('a picture of %d bytes', picture.length);
`,
    vars: { text: 'Hello, puppet master!' },
    modules: {},
  },
  {
    id: 'pdf',
    title: 'Print a PDF',
    code: `// Prints a page as PDF; the result has it to open and to download.
const rows = JSON.parse(vars.items).map(([name, price]) => \`<tr><td>\${name}<td>\${price.toFixed(2)}\`);
await page.setContent(\`<h1>Invoice \${vars.number}</h1><table border=1 cellpadding=6>\${rows.join('')}</table>\`);

const pdf = await page.pdf({ format: 'A4', printBackground: true, margin: { top: '2cm', bottom: '2cm' } });
results.pdf = pdf.toString('base64');
logger.info('a PDF of %d bytes', pdf.length);
`,
    vars: { number: '2026-117', items: '[["Tea", 4.5], ["Biscuits", 2.25]]' },
    modules: {},
  },
  {
    id: 'table',
    title: 'Read a table, with a module',
    code: `// The reading is in a module of its own, below "Modules". A list of objects is shown as a table.
import { readRows } from 'rows';

await page.setContent(vars.html);
results.books = await readRows(page, '#books tr');
results.cheapest = results.books.reduce((best, book) => (book.price < best.price ? book : best));
`,
    vars: {
      html: '<table id="books"><tr><td>Emma<td>7.99<tr><td>Ulysses<td>12.50<tr><td>Dracula<td>5.75</table>',
    },
    modules: {
      rows: `export async function readRows(page, selector) {
  return await page.$$eval(selector, (rows) =>
    rows.map(({ cells: [title, price] }) => ({ title: title.textContent, price: Number(price.textContent) })));
}
`,
    },
  },
  {
    id: 'failure',
    title: 'See a job fail',
    code: `// A job that fails keeps its log and what it had put into the results until then.
await page.setContent('<h1>An empty shop</h1>');
results.heading = await page.$eval('h1', (h1) => h1.textContent);
logger.warn('there is no button, this will fail');
await page.click('#buy');
`,
    vars: {},
    modules: {},
  },
];
