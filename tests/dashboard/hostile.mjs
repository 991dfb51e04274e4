// Texts that try to be more, ten thousand lines of log, and megabytes of results.
import { check, open, overflow, screen, signIn, until } from 'dashboard';

results.pictures = {};
await screen(page, 1280, 'light');
const troubles = await signIn(page, vars);
const path = encodeURIComponent(vars.name);
const planted = () =>
  page.evaluate(
    () => document.querySelectorAll('main img:not([src^="blob:"]), main script, main b.planted, main [onerror]').length,
  );
const shoot = async (name) => {
  results.pictures[name] = (await page.screenshot()).toString('base64');
};

await open(page, '#/jobs', vars.name);
check((await planted()) === 0, 'the list holds markup of a job');
for (const [tab, text] of [
  ['log', '<script>alert(1)</script>'],
  ['result', '<img src=x onerror=alert(2)>'],
  ['input', 'alert(5)'],
]) {
  await open(page, `#/jobs/${path}?tab=${tab}`, text);
  check((await planted()) === 0, `${tab} holds markup of a job`);
  check((await overflow(page)) <= 0, `${tab} is ${await overflow(page)} px too wide`);
  await shoot(`hostile-${tab}`);
}
// The place of an error far to the right is in sight.
const [caret, edge] = await page.$eval('.excerpt .caret', (caret) => [
  caret.getBoundingClientRect().left + caret.textContent.length * 8,
  caret.closest('.excerpt').getBoundingClientRect().right,
]);
check(caret < edge, `the caret is at ${caret}, the excerpt ends at ${edge}`);
// A page of a result is in a frame that reaches neither the dashboard nor the token, and runs nothing.
const frames = await page.$$eval('iframe', (frames) =>
  frames.map((frame) => [frame.getAttribute('sandbox'), frame.contentDocument === null]),
);
check(JSON.stringify(frames) === '[["allow-scripts",true]]', JSON.stringify(frames));

await open(page, '#/jobs/long-log', 'line 30');
check((await page.$$eval('.log .line', (lines) => lines.length)) === 10003, 'every line is there');
check(
  (await page.$eval('.log', (log) => log.innerText)).includes('\\x1b[31mred\\x1b[0m'),
  'escape sequences are texts',
);
await page.focus('.log input[type=search]');
await page.keyboard.type('line 9999');
await until(page, 'the line that was searched', () => document.querySelector('.log').innerText.includes('1 of 10,003'));
await shoot('log-search');

await open(page, '#/jobs/large-result?tab=result', '[20,000] as a table');
const size = await page.evaluate(() => document.querySelectorAll('main *').length);
check(size < 3000, `${size} elements for what is seen`);
await shoot('large-result');
check(troubles.length === 0, troubles.join('\n'));
