// How values look in the log.
import util from 'node:util';
import 'puppeteer';

class Price {
  constructor(amount) { this.amount = amount; }
  get currency() { return 'EUR'; }
}
const ring = { name: 'ring' };
ring.self = ring;
console.log(new Map([['a', { b: [1, 2] }]]), new Set(['x', 'y']), [new Map(), new Set([[]])]);
console.log(() => {}, function named() {}, class Shop {}, class extends Price {}, async () => {}, Symbol('s'), 12n);
console.log(ring, [ring], new Price(12), { price: new Price(3), date: new Date(0), re: /a/g, nil: null, un: undefined });
console.log(Object.assign(Object.create(null), { bare: true }), new Uint8Array(3), Buffer.from('hi'), [1, , 3], [undefined, -0, NaN]);
console.log(Array.from({ length: 30 }, (_, n) => n * n), 'a'.repeat(30).split('').map((letter, n) => letter + n));
console.log({ deep: { er: { and: { deeper: 1 } } } }, ['it\'s', "say \"hi\"", 'line\nbreak'], { 'not-a-name': 1, $ok: 2 });
console.log('%s is %d years and %i, %j %o %O %%', 'Ada', 36.5, 36.5, { a: 1 }, [1], { b: { c: {} } }, 'rest');
console.log(util.inspect({ a: { b: { c: {} } } }, { depth: 0 }), util.inspect([1, 2, 3], { compact: false }), util.inspect('x'.repeat(5)));
console.log(util.inspect(new Error('odd')).split('\n')[0], Object.keys(util.inspect.defaultOptions).includes('depth'));
console.table([{ title: 'One', price: 1 }, { title: 'Second', price: 22 }]);
console.table([['a', 1], ['b', 2]], ['1']);
console.group('Group');
console.log('inside\ntwo lines');
console.groupEnd();
console.count('visits');
console.count('visits');
console.dir({ a: { b: { c: {} } } }, { depth: 0 });
console.log(await Promise.allSettled([Promise.reject('no'), 1]), Promise.resolve(4), new Proxy({ p: 1 }, {}), globalThis === global);
