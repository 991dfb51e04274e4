// The form that makes a schedule, or another one of it.

import * as api from '../api.js';
import { h } from '../dom.js';
import { choice, dialogForm, field, parsed } from './dialog_form.js';

const EXAMPLE = { code: "await page.goto(vars.url);\nresults.title = await page.title();", vars: { url: 'https://example.org/' } };

/** What becomes of missed times, in words. */
export const CATCH_UP = { skip: 'make no jobs', once: 'make one job', all: 'make a job each' };

/** Asks for a schedule and stores it; `old` is the one that it takes the place of. The name, or null. */
export async function scheduleForm(old) {
  let name = old?.name ?? null;
  const said = old ? { ...old.job, ...filesOf(old) } : EXAMPLE;
  const job = Object.keys(said).length ? JSON.stringify(said, null, 2) : '';
  const fields = [
    !old && field('name', 'Name', { required: true, autofocus: true, note: 'Letters, digits, dots, hyphens and underscores.' }),
    h(
      'div',
      { class: 'pair' },
      field('cron', 'When', {
        required: true,
        value: old?.cron ?? '0 6 * * *',
        note: 'A cron pattern of five or six fields, @daily, or @every 90s.',
      }),
      field('time_zone', 'Time zone', { value: old?.time_zone ?? zone(), note: 'A name such as Europe/Berlin.' }),
    ),
    h(
      'div',
      { class: 'pair' },
      choice('catch_up', 'Missed times', Object.entries(CATCH_UP), old?.catch_up),
      choice(
        'on_duplicate',
        'While one is not done',
        [
          ['queue', 'the next one waits'],
          ['skip', 'there is no next one'],
          ['replace', 'it is cancelled'],
        ],
        old?.on_duplicate,
      ),
      field('jitter', 'Jitter', { value: old?.jitter ?? '', placeholder: 'none', note: 'Within 30s, 5m, …' }),
    ),
    field('script', 'Script', { value: old?.script ?? '', placeholder: 'none: the job below is the whole one' }),
    field('job', 'Job', { value: job, long: 10, note: 'The body of POST /jobs as JSON, or what it says beside its script.' }),
  ];
  const taken = await dialogForm(old ? `Change ${old.name}` : 'New schedule', fields, old ? 'Change' : 'Create', async (given) => {
    const wish = { cron: given.cron, time_zone: given.time_zone || 'UTC', catch_up: given.catch_up, on_duplicate: given.on_duplicate };
    if (given.jitter) wish.jitter = given.jitter;
    if (given.script) wish.script = given.script;
    if (old?.script === given.script && old?.version) wish.version = old.version;
    const told = parsed(given.job, 'The job');
    if (told !== undefined) wish.job = told;
    if (old) wish.paused = old.paused;
    name ??= given.name;
    await api.putEntry('schedules', name, wish);
  });
  return taken ? name : null;
}

/** The files of a schedule or a script, which stay as they are stored. */
export function filesOf({ input_files: files }) {
  return files ? { files: Object.fromEntries(files.map(({ name }) => [name, { keep: true }])) } : {};
}

const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
