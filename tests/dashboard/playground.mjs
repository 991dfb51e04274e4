// Writes a job with completion, gives it a var, runs it, reads its result, and takes it along.
import { check, control, open, press, screen, signIn, until } from 'dashboard';

results.pictures = {};
await screen(page, 1280, 'light');
const troubles = await signIn(page, vars);
await open(page, '#/playground', 'setContent');

// A var of the job's own, by keys.
await page.focus('#tab-code');
await press(page, 'ArrowRight');
await until(page, 'the vars', () => !document.querySelector('#panel-vars').hidden);
await page.focus('#panel-vars input');
await control(page, 'KeyA');
await page.keyboard.type('name');
await press(page, 'Tab');
await control(page, 'KeyA');
await page.keyboard.type('Ada');
await page.focus('#tab-vars');
await press(page, 'ArrowLeft');

// A file that comes along.
await files.write('greeting.txt', 'good morning');
await page.evaluate(() => document.querySelector('#tab-files').click());
await (await page.$('#panel-files input[type=file]')).uploadFile('greeting.txt');
await until(page, 'the file', () => document.querySelector('#panel-files .pair'));
results.pictures['playground-files'] = (await page.screenshot()).toString('base64');
await page.evaluate(() => document.querySelector('#tab-code').click());

// The code, with completion.
await page.evaluate(() =>
  document.querySelector('#panel-code .editor').shadowRoot.querySelector('.cm-content').focus(),
);
await control(page, 'KeyA');
// Typing over the selection would have Chromium itself try to keep its colours by an inline style, which the policy refuses.
await press(page, 'Backspace');
await page.keyboard.type("logger.info('hello %s', vars.name);\nawait page.setCont");
await until(page, 'a completion', () =>
  document
    .querySelector('#panel-code .editor')
    .shadowRoot.querySelector('.cm-tooltip-autocomplete')
    ?.textContent.includes('setContent'),
);
results.pictures['playground-completion'] = (await page.screenshot()).toString('base64');
// A list that has just opened takes no Enter: https://codemirror.net/docs/ref/#autocomplete.autocompletion^config.interactionDelay
await sleep(150);
await press(page, 'Enter');
await page.keyboard.type(
  "('<b>42</b>');\nresults.greeting = String(await files.read('greeting.txt'));\nresults.answer = Number(await page.$eval('b', (b) => b.textContent));\nresults.page = await page.content()",
);
await control(page, 'Enter');
await until(page, 'a result', () => document.querySelector('.run-state .state')?.textContent === 'succeeded');
const said = await page.$eval('main', (main) => main.innerText);
for (const text of ['hello Ada', 'answer', '42', 'Open the job'])
  check(said.includes(text), `${text} is not in ${said}`);
results.pictures['playground-done'] = (await page.screenshot()).toString('base64');
results.uuid = await page.$eval('.run-state a', (link) => decodeURIComponent(link.hash.split('/').pop()));

// The draft outlives a reload.
await page.reload();
await open(page, '#/playground', 'setContent');
const kept = await page.evaluate(() => document.querySelector('#panel-code .editor').shadowRoot.textContent);
check(kept.includes('results.answer'), `the draft is gone: ${kept}`);

// Editing a job keeps what it was sent with.
await page.evaluate((token) => {
  const job = { uuid: 'modern', code: 'results.ok = 1', api: '25', network: { deny: ['ads.example'] }, timeout: 7 };
  return fetch('jobs', { method: 'POST', headers: { Authorization: token }, body: JSON.stringify(job) });
}, vars.token);
await page.evaluate(() => sessionStorage.removeItem('puppet-master-draft'));
await page.reload();
await page.waitForSelector('.frame');
await open(page, '#/playground?job=modern', 'results.ok');
const edited = await page.evaluate(() => JSON.parse(sessionStorage.getItem('puppet-master-draft')));
check(
  edited.api === '25' && edited.timeout === 7 && edited.network.deny[0] === 'ads.example',
  `an option is lost: ${JSON.stringify(edited)}`,
);
await page.evaluate(() => sessionStorage.removeItem('puppet-master-draft'));

// An error is shown with its place, and what would command a terminal or turn the text around as a text.
await page.evaluate((token) => {
  const job = { uuid: 'escapes', code: "throw new Error('a \\u001b[2J \\u202e b')" };
  return fetch('jobs', { method: 'POST', headers: { Authorization: token }, body: JSON.stringify(job) });
}, vars.token);
await page.reload();
await page.waitForSelector('.frame');
await open(page, '#/playground?job=escapes', '202e b');
await page.click('button.primary');
await until(page, 'the error', () => document.querySelector('.failure .excerpt .caret'));
const error = await page.$eval('.failure p', (place) => place.textContent);
check(error === 'a \\x1b[2J \\u202e b', `the error is shown as ${JSON.stringify(error)}`);
await page.evaluate(() => sessionStorage.removeItem('puppet-master-draft'));

// What the editor offers is there.
const offered = await page.evaluate(async () => {
  const { GLOBALS, MEMBERS } = await import('./ui/js/parts/completions.js');
  return {
    globals: Object.keys(GLOBALS),
    members: Object.entries(MEMBERS).map(([object, members]) => [object, Object.keys(members)]),
  };
});
for (const name of offered.globals)
  check(typeof globalThis[name] !== 'undefined' || name === 'page' || name === 'vars', `a job has no ${name}`);
const objects = { page, logger, console };
for (const [object, names] of offered.members)
  for (const name of names) check(typeof objects[object][name] !== 'undefined', `${object} has no ${name}`);

// Every example does what it says.
const examples = await page.evaluate(async () => (await import('./ui/js/examples.js')).EXAMPLES.map(({ id }) => id));
for (const id of examples) {
  await page.evaluate(() => sessionStorage.removeItem('puppet-master-draft'));
  await page.reload();
  await page.waitForSelector('.frame');
  await page.evaluate((id) => {
    location.hash = `#/playground?example=${id}&run=1`;
  }, id);
  await until(
    page,
    `the end of ${id}`,
    (end) => document.querySelector('.run-state .state')?.textContent === end,
    id === 'failure' ? 'failed' : 'succeeded',
  );
}
check(troubles.length === 0, troubles.join('\n'));
