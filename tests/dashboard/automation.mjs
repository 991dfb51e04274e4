// Makes a schedule, holds it, changes and deletes it; runs a script; has a webhook told again. Names and texts of others stay texts.
import { check, click, control, open, press, screen, signIn, until } from 'dashboard';

results.pictures = {};
await screen(page, 1280, 'light');
const troubles = await signIn(page, vars);
const says = (words) =>
  until(page, words, (words) => document.querySelector('main').innerText.includes(words), words);
const fill = (name, text) =>
  page.evaluate(
    (name, text) => {
      document.querySelector(`dialog [name=${name}]`).value = text;
    },
    name,
    text,
  );
const picture = async (name) => (results.pictures[name] = (await page.screenshot()).toString('base64'));

// With nothing but keys: the form opens with its first field in focus, Enter sends it.
await open(page, '#/schedules?new=1', 'New schedule');
await until(page, 'the form', () => document.activeElement?.name === 'name');
await page.type('dialog [name=name]', 'by-hand');
await fill('job', '{"code": 5');
await press(page, 'Enter');
await until(page, 'a complaint', () => document.querySelector('dialog .wrong').textContent.includes('The job is not JSON'));
await fill('job', JSON.stringify({ code: vars.code }));
await fill('cron', 'never');
await press(page, 'Enter');
await until(page, 'the gateway’s words', () => document.querySelector('dialog .wrong').textContent.includes('cron'));
await picture('schedule-form');
await fill('cron', '30 6 * * 1-5');
await fill('time_zone', 'Europe/Berlin');
await press(page, 'Enter');
await until(page, 'the schedule', () => location.hash === '#/schedules/by-hand');
await says('Europe/Berlin');
check((await page.$$('.ticks li')).length === 5, 'the next five times');
await says('alert(1)'); // the job's code, as a text
await picture('schedule-new');
await click(page, 'Pause');
await says('The schedule is paused.');
await click(page, 'Resume');
await until(page, 'times to come', () => document.querySelectorAll('.ticks li').length === 5);
await click(page, 'Change');
await until(page, 'the form', () => document.querySelector('dialog [name=cron]'));
await fill('cron', '@every 90s');
await click(page, 'Change');
await says('@every 90s');
await click(page, 'Delete');
await until(page, 'the question', () => document.querySelector('dialog')?.innerText.includes('makes no more jobs'));
await click(page, 'Delete');
await until(page, 'the list', () => location.hash === '#/schedules');

// A script is written, refused, mended, stored, and stored once more.
await open(page, '#/scripts', 'greet');
await click(page, 'New script');
await until(page, 'the form', () => document.activeElement?.name === 'name');
await page.type('dialog [name=name]', 'greet');
await press(page, 'Enter');
await until(page, 'that it is taken', () => document.querySelector('dialog .wrong').textContent.includes('already'));
await fill('name', 'written-here');
await press(page, 'Enter');
await until(page, 'the editor', () => document.querySelector('.writing .editor')?.shadowRoot.querySelector('.cm-content'));
await page.evaluate(() => document.querySelector('.writing .editor').shadowRoot.querySelector('.cm-content').focus());
await control(page, 'KeyA');
await press(page, 'Delete');
await page.keyboard.type('results.hello = vars.name;');
await page.evaluate(() => document.querySelector('#tab-vars').click());
await click(page, 'Add a var');
await page.evaluate(() => document.querySelector('#tab-schema').click());
await page.evaluate(() => document.querySelector('#panel-schema .editor').shadowRoot.querySelector('.cm-content').focus());
await page.keyboard.type('{5');
await click(page, 'Save');
await until(page, 'a complaint', () => document.querySelector('.writing > .wrong').textContent.includes('The schema is not JSON'));
await picture('script-editor');
await page.evaluate(() => document.querySelector('#panel-schema .editor').shadowRoot.querySelector('.cm-content').focus());
await control(page, 'KeyA');
await press(page, 'Delete');
await page.keyboard.type('{}');
await control(page, 'Enter');
await until(page, 'the first version', () => location.hash === '#/scripts/written-here' && document.querySelector('.facts'));
await says('1 of 1');
const written = await page.$eval('main .editor', (editor) => editor.shadowRoot.querySelector('.cm-content').textContent);
check(written === 'results.hello = vars.name;', written);
await press(page, 'e');
await until(page, 'the editor', () => document.querySelector('.writing .editor'));
await click(page, 'Save');
await says('2 of 2');

await open(page, '#/scripts/greet', 'Schema of its vars');
await click(page, 'Run');
await until(page, 'the form', () => document.querySelector('dialog [name=vars]'));
await fill('vars', '{"name": 5}');
await click(page, 'Run');
await until(page, 'what is wrong', () => document.querySelector('dialog .wrong').textContent.length > 10);
await fill('vars', '{"name": "Ada"}');
await click(page, 'Run');
await until(page, 'the job', () => location.hash.startsWith('#/jobs/'));
await says('greet');

await open(page, '#/jobs/told?tab=deliveries', 'job.done');
await until(page, 'an attempt', () => document.querySelector('.delivery tbody tr'));
const before = (await page.$$('.delivery tbody tr')).length;
await click(page, 'Send again');
await until(page, 'another attempt', (before) => document.querySelectorAll('.delivery tbody tr').length > before, before);
check(!(await page.$eval('main', (main) => main.innerText)).includes('whsec_'), 'the secret stays with the gateway');
await picture('job-deliveries');
check(troubles.length === 0, troubles.join('\n'));
