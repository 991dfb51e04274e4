// Filters, pages, cancels, runs again and deletes, without a mouse.
import { check, control, focused, open, press, screen, signIn, until } from 'dashboard';

results.pictures = {};
await screen(page, 1280, 'dark');
const troubles = await signIn(page, vars);
await open(page, '#/jobs', '121 jobs');
const hash = () => page.evaluate(() => location.hash);
const rows = () => page.$$eval('table.jobs tbody tr', (rows) => rows.map((row) => row.innerText));

// Pages, and back.
check((await rows()).length === 100, 'a page has 100 jobs');
await page.evaluate(() =>
  [...document.querySelectorAll('nav[aria-label=Pages] a')].find((link) => link.textContent === 'Older').focus(),
);
await press(page, 'Enter');
await until(page, 'the second page', () => document.querySelector('main').innerText.includes('Page 2 of 2'));
check((await hash()).includes('page=2') && (await hash()).includes('as_of='), await hash());
await page.goBack();
await until(page, 'the first page', () => document.querySelectorAll('table.jobs tbody tr').length === 100);

// A list under the mouse does not move: what is new waits.
await page.hover('table.jobs tbody tr:nth-child(5)');
await page.evaluate(
  (token) =>
    fetch('jobs', {
      method: 'POST',
      headers: { Authorization: token },
      body: '{"uuid": "zz-late", "code": "results.ok = true"}',
    }),
  vars.token,
);
await until(page, 'the new job', () => document.querySelector('.fresh')?.innerText === '1 new');
check(!(await rows()).some((row) => row.includes('zz-late')), 'the list has not moved');
await page.evaluate(() => document.querySelector('.fresh button').focus());
await press(page, 'Enter');
await until(page, 'the new job in the list', () =>
  document.querySelector('table.jobs tbody tr').innerText.includes('zz-late'),
);
await page.mouse.move(0, 0);

// A part of an id.
await press(page, '/');
await page.keyboard.type('der-11');
await until(page, 'the jobs of an id', () => document.querySelectorAll('table.jobs tbody tr').length === 11);
check((await hash()) === '#/jobs?id=der-11', await hash());
await control(page, 'KeyA');
await press(page, 'Backspace');
await until(page, 'all jobs', () => document.querySelectorAll('table.jobs tbody tr').length === 100);

// A state, from the palette.
await page.evaluate(() => document.activeElement.blur());
await control(page, 'KeyK');
await page.keyboard.type('failed jobs');
await press(page, 'Enter');
await until(page, 'the failed jobs', () => document.querySelectorAll('table.jobs tbody tr').length === 6);
check((await hash()) === '#/jobs?state=failed', await hash());
check(
  (await rows()).every((row) => row.includes('failed') && row.includes('no stock')),
  'each failed with its reason',
);
results.pictures['jobs-failed'] = (await page.screenshot()).toString('base64');

// j, k, Enter: to a job and back.
await press(page, 'j', 'j', 'k', 'j');
const second = await page.$eval('table.jobs tbody tr:nth-child(2) a', (link) => link.textContent);
check((await focused(page)) === second, `${second} has the focus, not ${await focused(page)}`);
await press(page, 'Enter');
await until(page, 'the job', () => document.querySelector('.failure')?.innerText.includes('no stock'));
await page.goBack();
await until(page, 'the list', () => document.querySelectorAll('table.jobs tbody tr').length === 6);

// All of them are deleted, after a question that says how many.
await page.focus('input[aria-label="Select all jobs of this page"]');
await press(page, 'Space');
await until(page, 'the selection', () => document.querySelector('.bulk').innerText.includes('6 selected'));
await page.evaluate(() =>
  [...document.querySelectorAll('.bulk button')].find((button) => button.textContent === 'Delete').focus(),
);
await press(page, 'Enter');
await until(page, 'the question', () => document.querySelector('dialog')?.innerText.includes('Delete 6 jobs?'));
results.pictures['jobs-confirm'] = (await page.screenshot()).toString('base64');
await press(page, 'Tab', 'Enter');
await until(page, 'what was done', () => document.querySelector('.toasts').innerText.includes('6 jobs deleted'));
await until(page, 'an empty list', () => document.querySelector('main').innerText.includes('No job fits'));
results.deleted = 6;

// A job that runs is watched, cancelled, and run again.
await page.evaluate(async (token) => {
  const job = { uuid: 'endless', code: "for (let i = 1; ; i++) { logger.info('turn %d', i); await sleep(100) }" };
  await fetch('jobs', { method: 'POST', headers: { Authorization: token }, body: JSON.stringify(job) });
}, vars.token);
await open(page, '#/jobs/endless', 'turn 2');
await page.evaluate(() => document.activeElement.blur());
await press(page, 'c');
await until(page, 'the question', () => document.querySelector('dialog')?.innerText.includes('Cancel this job?'));
await press(page, 'Tab', 'Enter');
await until(page, 'the end', () => document.querySelector('main .state').textContent === 'cancelled');
check((await page.$eval('.log', (log) => log.innerText)).includes('turn 2'), 'a cancelled job keeps its log');
await press(page, 'r');
await until(
  page,
  'the job that runs again',
  () =>
    document.querySelector('main').innerText.includes('Runs again') &&
    document.querySelector('main .log').innerText.includes('turn 2'),
);
await press(page, 'c');
await until(page, 'the question', () => document.querySelector('dialog'));
await press(page, 'Tab', 'Enter');
await until(page, 'the end', () => document.querySelector('main .state').textContent === 'cancelled');

// A job of a named token shows its owner, whose jobs are one key away.
await page.evaluate(() => {
  const body = '{"uuid": "ordered", "code": "results.ok = true"}';
  return fetch('jobs', { method: 'POST', headers: { Authorization: 'test' }, body });
});
await open(page, '#/jobs', 'ordered');
await page.focus('a.owner');
await press(page, 'Enter');
await until(page, 'the jobs of an owner', () => document.querySelectorAll('table.jobs tbody tr').length === 1);
check((await hash()) === '#/jobs?owner=shop', await hash());

// A token that is withdrawn leads back to the sign-in, which says why.
await page.evaluate(() => sessionStorage.setItem('puppet-master-token', 'withdrawn'));
await until(
  page,
  'the sign-in',
  () =>
    document.querySelector('input[name=token]') && document.body.innerText.includes('The gateway refused the token'),
);
check(
  (await page.evaluate(() => sessionStorage.getItem('puppet-master-token'))) === null,
  'the refused token is forgotten',
);
check(!(await page.evaluate(() => location.href)).includes(vars.token), 'the token is in no address');

// A token that may not do something is told which scope it lacks.
await page.type('input[name=token]', 'test');
await press(page, 'Enter');
await page.waitForSelector('.frame');
await open(page, '#/jobs/ordered', 'Delete');
await page.evaluate(() =>
  [...document.querySelectorAll('main button')].find((button) => button.textContent === 'Delete').focus(),
);
await press(page, 'Enter');
await until(page, 'the question', () => document.querySelector('dialog'));
await press(page, 'Tab', 'Enter');
await until(page, 'the missing scope', () => document.querySelector('.toasts').innerText.includes('jobs:delete'));
check(troubles.length === 0, troubles.join('\n'));
