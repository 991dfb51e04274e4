// Reads a list over several pages, with the reading of one page in a module, and writes it as CSV.
//
//   cargo run --bin puppet-master -- run examples/scrape
//
// vars.url is the first page's address, vars.pages how many pages to read at most.
import { readBooks } from 'books';

results.books = [];
await page.goto(vars.url);
for (let number = 1; ; number++) {
  const books = await readBooks(page);
  logger.info('page %d has %d books', number, books.length);
  results.books.push(...books);

  const next = await page.$('a[rel=next]');
  if (!next || number >= Number(vars.pages)) break;
  await Promise.all([page.waitForNavigation(), next.click()]);
}
results.cheapest = results.books.reduce((best, book) => (book.price < best.price ? book : best));

const cell = (value) => `"${String(value).replaceAll('"', '""')}"`;
const lines = results.books.map(({ title, author, price }) => [title, author, price].map(cell).join(','));
await files.write('books.csv', ['title,author,price', ...lines].join('\r\n'));
