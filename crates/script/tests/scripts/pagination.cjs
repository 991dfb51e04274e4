const puppeteer = require('puppeteer');
const fs = require('fs');

const PER_PAGE = 3;
const all = Array.from({ length: 8 }, (_, i) => ({ id: i + 1, name: `Book ${i + 1}` }));

function render(page) {
  const rows = all.slice((page - 1) * PER_PAGE, page * PER_PAGE);
  const next = page * PER_PAGE < all.length ? `<a class="next" href="?page=${page + 1}">Next</a>` : '';
  return `<!doctype html><table>${rows.map((r) => `<tr><td>${r.id}</td><td>${r.name}</td></tr>`).join('')}</table>${next}`;
}

const scrape = async () => {
  const browser = await puppeteer.launch({ headless: 'new', args: ['--no-sandbox', '--disable-setuid-sandbox'] });
  const [page] = await browser.pages();
  await page.setRequestInterception(true);
  page.on('request', (req) => {
    const url = new URL(req.url());
    req.respond({ contentType: 'text/html', body: render(Number(url.searchParams.get('page') || 1)) });
  });
  await page.goto('http://books.example/list', { waitUntil: 'domcontentloaded' });
  const books = [];
  while (true) {
    books.push(...await page.evaluate(() => [...document.querySelectorAll('tr')].map((tr) => ({ id: +tr.cells[0].innerText, name: tr.cells[1].innerText }))));
    const next = await page.$('a.next');
    if (!next) break;
    await Promise.all([page.waitForNavigation(), next.click()]);
    console.log('now at', page.url());
  }
  await page.goBack();
  console.log('back at', page.url());
  await browser.close();
  return books;
};

scrape().then((books) => {
  fs.writeFileSync('books.json', JSON.stringify(books));
  console.log(`${books.length} books`);
}).catch(console.error);
