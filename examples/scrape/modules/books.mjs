// The books that the page shows, as plain objects.
import { toNumber } from 'price';

export async function readBooks(page) {
  const rows = await page.$$eval('.book', (elements) =>
    elements.map((element) => ({
      title: element.querySelector('.title').textContent.trim(),
      author: element.querySelector('.author').textContent.trim(),
      price: element.querySelector('.price').textContent,
    })),
  );
  return rows.map((row) => ({ ...row, price: toNumber(row.price) }));
}
