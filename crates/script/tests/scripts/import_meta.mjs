// Where a module is, and what it loads in other ways than by `import`.
import { createRequire, isBuiltin } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import settings from './import_meta/settings.json' with { type: 'json' };
import 'puppeteer';

const file = fileURLToPath(import.meta.url);
const folder = path.dirname(file);
const require = createRequire(import.meta.url);
console.log(folder === import.meta.dirname, file === import.meta.filename, folder === process.cwd(), import.meta.main);
console.log(import.meta.resolve('./x.js') === new URL('./x.js', import.meta.url).href, import.meta.resolve('fs'), import.meta.resolve('https://a.example/b'));
console.log(settings.name, require('./import_meta/settings.json') !== undefined, require('./import_meta/sum.cjs')(2, 3));
const { twice, where } = await import('./import_meta/twice.mjs');
console.log(twice(4), where, path.relative(folder, path.join(folder, 'a', '..', 'b')), isBuiltin('node:fs'), isBuiltin('cheerio'));
console.log(require('fs') === (await import('node:fs')).default, pathToFileURL('a b.txt').href.endsWith('/a%20b.txt'));
console.log(await import('cheerio-that-is-not-there').catch((error) => error instanceof Error));
