import { readFile, writeFile } from 'node:fs/promises';
import puppeteer, { type Browser, type Page } from 'puppeteer';

interface Product {
  readonly id: number;
  name: string;
  price?: number;
}
type Change = { product: Product; before: number | null; after: number };
const STORE = 'prices.json' as const;

async function load<T>(file: string, fallback: T): Promise<T> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as T;
  } catch {
    return fallback;
  }
}

const html = (products: Product[]): string =>
  products.map(({ id, name, price }) => `<li data-id="${id}"><b>${name}</b> <i>${price!.toFixed(2)}</i></li>`).join('');

async function scrape(page: Page): Promise<Product[]> {
  return page.$$eval('li', (items: Element[]): Product[] => items.map((item) => ({
    id: Number((item as HTMLElement).dataset.id),
    name: item.querySelector('b')!.textContent as string,
    price: parseFloat(item.querySelector<HTMLElement>('i')?.innerText ?? 'NaN'),
  })));
}

const browser: Browser = await puppeteer.launch();
try {
  const page = await browser.newPage();
  const known = await load<Record<string, number>>(STORE, {});
  const changes: Change[] = [];
  for (const factor of [1, 1.5] satisfies number[]) {
    await page.setContent(html([{ id: 1, name: 'Tea', price: 4 * factor }, { id: 2, name: 'Milk', price: 1 }]));
    for (const product of await scrape(page)) {
      const before = known[product.name] ?? null;
      if (before !== product.price) changes.push({ product, before, after: product.price! });
      known[product.name] = product.price!;
    }
  }
  await writeFile(STORE, JSON.stringify(known, undefined, 1));
  for (const { product, before, after } of changes) console.log(`${product.name}: ${before ?? 'new'} -> ${after}`);
} finally {
  await browser.close();
}
