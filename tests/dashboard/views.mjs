// Looks at every view at two sizes in both themes: nothing serious by axe-core, no violation of the policy, nothing too wide.
import { check, control, faults, open, overflow, press, screen, signIn, until } from 'dashboard';

const views = [
  ['jobs', '#/jobs', 'checkout'],
  ['jobs-empty', '#/jobs?state=given_up', 'No job fits'],
  ['job-failed', '#/jobs/checkout', 'No node found for selector: #pay'],
  ['job-input', '#/jobs/checkout?tab=input', 'the button is missing'],
  ['job-trace', '#/jobs/checkout?tab=trace', 'page.click'],
  ['job-running', '#/jobs/patient', 'step 3'],
  ['job-result', '#/jobs/report?tab=result', 'Download as CSV'],
  ['job-missing', '#/jobs/nothing', 'There is no such job'],
  ['playground', '#/playground', 'setContent'],
  ['fleet', '#/fleet', 'patient'],
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
for (const [width, theme] of [
  [1280, 'light'],
  [1280, 'dark'],
  [360, 'light'],
  [360, 'dark'],
]) {
  await screen(page, width, theme);
  for (const [name, hash, text] of views) {
    await open(page, hash, text);
    await look(name, width, theme);
  }
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

// What opens over a view, and the other parts of the playground.
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
for (const part of ['vars', 'modules', 'options']) {
  await page.evaluate((part) => document.querySelector(`#tab-${part}`).click(), part);
  await look(`playground-${part}`, 360, 'dark');
}
await open(page, '#/jobs/checkout', 'No node found for selector: #pay');
await page.evaluate(() => document.querySelector('.menu summary').click());
await look('job-menu', 360, 'dark');
check(troubles.length === 0 && wrong.length === 0, [...troubles, ...wrong].join('\n'));
