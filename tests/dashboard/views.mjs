// Looks at every view at two sizes in both themes: nothing but minor things by axe-core, no violation of the policy, nothing too wide.
import { check, control, faults, open, overflow, press, screen, signIn, until } from 'dashboard';

const views = [
  ['jobs', '#/jobs', 'checkout'],
  ['jobs-empty', '#/jobs?state=given_up', 'No job fits'],
  ['job-failed', '#/jobs/checkout', 'No node found for selector: #pay'],
  ['job-input', '#/jobs/checkout?tab=input', 'the button is missing'],
  ['job-trace', '#/jobs/checkout?tab=trace', 'page.click'],
  ['job-running', '#/jobs/patient', 'step '],
  ['job-result', '#/jobs/report?tab=result', 'Download as CSV'],
  ['job-missing', '#/jobs/nothing', 'There is no such job'],
  ['playground', '#/playground', 'setContent'],
  ['fleet', '#/fleet', 'Chromium started'],
];
// What runs by itself: made of the same parts, so two screens show what four would. A job of its own looks at these.
const automation = [
  ['job-attempts', '#/jobs/tried?tab=attempts', 'once more'],
  ['job-deliveries', '#/jobs/told?tab=deliveries', 'job.done'],
  ['schedules', '#/schedules', 'every-morning'],
  ['schedule', '#/schedules/heartbeat', 'succeeded'],
  ['batches', '#/batches', 'prices of today'],
  ['batch', '#/batches/prices', '1 failed'],
  ['scripts', '#/scripts', 'greet'],
  ['script', '#/scripts/greet', 'Schema of its vars'],
  ['script-editor', '#/scripts/greet?edit=1', 'stores it as a new version'],
];

results.pictures = {};
results.looked_at = 0;
const wrong = [];
await screen(page, 1280, 'light');

async function look(name, width, theme) {
  results.pictures[`${name}-${width}-${theme}`] = (await page.screenshot()).toString('base64');
  const wide = await overflow(page);
  if (wide > 0) wrong.push(`${name} is ${wide} px too wide at ${width}`);
  for (const fault of await faults(page, vars.axe)) wrong.push(`${name} ${width} ${theme}: ${fault}`);
  results.looked_at += 1;
}

const troubles = await signIn(page, vars);
if (vars.automation) {
  for (const [width, theme] of [
    [1280, 'light'],
    [360, 'dark'],
  ]) {
    await lookAtAll(automation, width, theme);
  }
  await open(page, '#/jobs/tried?tab=attempts', 'once more');
  const tries = await page.$$eval('table.list tbody tr', (rows) => String(rows.length));
  const told = await page.$eval('#tab-attempts .count', (count) => count.textContent);
  check(tries === told && Number(tries) > 1, `${tries} tries are listed, ${told} are told`);
  await open(page, '#/schedules?new=1', 'New schedule');
  await until(page, 'the form', () => document.querySelector('dialog form.entry'));
  await look('schedule-form', 360, 'dark');
} else {
  for (const [width, theme] of [
    [1280, 'light'],
    [1280, 'dark'],
    [360, 'light'],
    [360, 'dark'],
  ]) {
    await lookAtAll(views, width, theme);
    await lookAtSignIn(width, theme);
  }
  await lookAtWhatOpens();
  await screen(page, 360, 'light');
  await page.goto(`${vars.url}docs`);
  await look('docs', 360, 'light');
}
check(troubles.length === 0 && wrong.length === 0, [...troubles, ...wrong].join('\n'));

async function lookAtAll(views, width, theme) {
  await screen(page, width, theme);
  for (const [name, hash, text] of views) {
    await open(page, hash, text);
    await look(name, width, theme);
  }
}

/** The form for the token, as it refuses one. */
async function lookAtSignIn(width, theme) {
  await page.evaluate(() => sessionStorage.clear());
  await page.reload();
  await page.waitForSelector('input[name=token]');
  await page.type('input[name=token]', 'wrong');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.body.innerText.includes('The gateway refused this token.'));
  await look('sign-in', width, theme);
  await page.evaluate((token) => sessionStorage.setItem('puppet-master-token', token), vars.token);
  await page.reload();
}

/** What opens over a view, and the other parts of the playground. */
async function lookAtWhatOpens() {
  await page.waitForSelector('.frame');
  await open(page, '#/jobs?since=1h', 'checkout');
  await page.evaluate(() => document.querySelector('tbody input').click());
  await look('jobs-bulk', 360, 'dark');
  await control(page, 'KeyK');
  await until(page, 'the palette', () => document.querySelectorAll('.palette [role=option]').length > 5);
  await look('palette', 360, 'dark');
  await press(page, 'Escape');
  await page.evaluate(() => document.activeElement.blur());
  await press(page, '?');
  await until(page, 'the keys', () => document.querySelector('.keys'));
  await look('keys', 360, 'dark');
  await press(page, 'Escape');
  await open(page, '#/playground?example=table', 'readRows');
  for (const part of ['vars', 'modules', 'files', 'options']) {
    await page.evaluate((part) => document.querySelector(`#tab-${part}`).click(), part);
    await look(`playground-${part}`, 360, 'dark');
  }
  await open(page, '#/jobs/checkout', 'No node found for selector: #pay');
  await page.evaluate(() => document.querySelector('.menu summary').click());
  await look('job-menu', 360, 'dark');
}
