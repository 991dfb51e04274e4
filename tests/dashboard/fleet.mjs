// Sees who runs what, drains the executor and lets it take jobs again.
import { check, click, open, screen, signIn, until } from 'dashboard';

results.pictures = {};
await screen(page, 1280, 'light');
const troubles = await signIn(page, vars);

await open(page, '#/fleet', '1 of 2 slots busy');
check((await page.$$eval('.slots li', (slots) => slots.length)) === 2, 'a cell a slot');
await click(page, 'Drain');
await until(page, 'the question', () => document.querySelector('dialog')?.innerText.includes('takes no more'));
await click(page, 'Drain');
await until(page, 'what was asked', () => document.querySelector('dialog') === null);
await until(page, 'an executor that drains', () => document.querySelector('.executors').innerText.includes('draining'));
check(
  (await page.$eval('main', (main) => main.innerText)).includes('nothing new begins'),
  'a fleet that takes nothing says so',
);
results.pictures['fleet-draining'] = (await page.screenshot()).toString('base64');
await click(page, 'Take jobs again');
await until(page, 'an executor that takes jobs', () =>
  document.querySelector('main').innerText.includes('1 of 2 slots busy'),
);
check(troubles.length === 0, troubles.join('\n'));
