// A page is rendered by the browser and read with cheerio.
import fs from 'node:fs';
import puppeteer from 'puppeteer';
import cheerio from './cheerio_content/cheerio.cjs';

const browser = await puppeteer.launch();
const page = await browser.newPage();
await page.setContent(`<main><ul id="list"></ul><script>
  const books = [['Emma', '12.50', 'Austen'], ['Walden', '9.90', 'Thoreau'], ['Dubliners & Co', '7.00', 'Joyce']];
  for (const [title, price, author] of books) {
    const item = document.createElement('li');
    item.innerHTML = \`<a href="/books/\${title.split(' ')[0].toLowerCase()}"></a><span class="price">\${price} €</span><em data-by="\${author}">by \${author}</em>\`;
    item.querySelector('a').textContent = title;
    list.append(item);
  }
</script></main>`);

const $ = cheerio.load(await page.content());
const rows = $('#list > li').map((index, item) => ({
  index,
  title: $(item).find('a').text(),
  link: new URL($(item).find('a').attr('href'), 'https://shop.example').href,
  price: Number.parseFloat($(item).find('.price').text()),
  author: $(item).find('em').data('by'),
})).get();

console.log(rows.length, 'books,', $('li:nth-child(2) em').text());
console.log($('li').first().next().prev().is('li:has(a[href$="emma"])'), $('li').filter((_, item) => $(item).text().includes('&')).length);
$('span.price').addClass('known').removeClass('price').after('<b>!</b>');
console.log($('li').last().find('.known + b').length, $('script').remove().length, $.root().find('main').children().length);
fs.mkdirSync('out', { recursive: true });
fs.writeFileSync('out/books.json', JSON.stringify(rows, null, 2));
fs.writeFileSync('out/list.html', $.html('#list li:first-child'));
await browser.close();
