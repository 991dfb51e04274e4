// What stands above a job's tabs: when it began, where it runs, what it was made with.

import { href } from '../address.js';
import { h, visible } from '../dom.js';
import { ago, ahead, duration, exact, number, shortId, wholeSpan } from '../format.js';
import { fact } from './entry.js';

/** The facts of a job as they are now. */
export function jobFacts(job) {
  const now = Date.now();
  const created = Date.parse(job.created_at);
  const began = job.running?.since ?? job.started_at;
  const attempt = job.attempt ?? job.running?.attempt;
  const most = job.max_attempts ? ` of ${number(job.max_attempts)}` : '';
  return [
    fact('Created', ago(created, now), exact(job.created_at)),
    fact(
      'Waited',
      began ? wholeSpan(Date.parse(began) - created) : job.status === 'done' ? null : wholeSpan(now - created),
    ),
    fact(
      'Ran',
      job.status === 'done'
        ? job.started_at
          ? duration(job.duration)
          : 'never'
        : job.running
          ? wholeSpan(now - Date.parse(job.running.since))
          : null,
      job.started_at && `from ${exact(job.started_at)}`,
    ),
    fact('On', job.running?.executor),
    fact('Puppeteer', job.api),
    fact('Language', job.language === 'ts' ? 'TypeScript' : null),
    fact('Owner', job.owner && h('a', { href: href(['jobs'], { owner: job.owner }) }, job.owner)),
    fact('Attempt', attempt ? `${number(attempt)}${most}` : null),
    fact('Priority', job.priority),
    fact('Waits for', waitsFor(job, now)),
    fact('Expires', job.expires_at && exact(job.expires_at)),
    fact('Tried again', job.retry && `${number(job.retry.times)} times at most`),
    fact('Key', job.key && h('span', { class: 'mono' }, visible(job.key)), `${number(job.max_running ?? 1)} at a time`),
    fact(
      'Script',
      job.script &&
        h(
          'a',
          { class: 'mono', href: href(['scripts', job.script.name], { version: job.script.version }) },
          visible(job.script.name),
        ),
      job.script && `version ${number(job.script.version)}`,
    ),
    fact(
      'Schedule',
      job.schedule &&
        h('a', { class: 'mono', href: href(['schedules', job.schedule.name]) }, visible(job.schedule.name)),
      job.schedule && exact(job.schedule.tick),
    ),
    fact('Batch', job.batch && h('a', { class: 'mono', href: href(['batches', job.batch]) }, visible(shortId(job.batch)))),
    fact('Tells', job.webhook && h('span', { class: 'mono' }, visible(job.webhook.url))),
    fact('May run', job.timeout ? wholeSpan(job.timeout * 1000) : null),
    fact(
      'Runs again',
      job.rerun_of && h('a', { class: 'mono', href: href(['jobs', job.rerun_of]) }, visible(shortId(job.rerun_of))),
    ),
  ];
}

/** What keeps the job from the queue. */
function waitsFor(job, now) {
  const at = job.run_at && Date.parse(job.run_at);
  const words = {
    time: `its time, ${ahead(at ?? now, now)}`,
    retry: 'its next try',
    key: 'another job of its key',
    jobs: 'the jobs that it depends on',
  };
  return job.waits_for ? (words[job.waits_for] ?? job.waits_for) : null;
}
