// The tries of a job: those before, and the one that it is at.

import { h, visible } from '../dom.js';
import { duration, exact } from '../format.js';
import { badge, STATES, stateOf } from './states.js';
import { table } from './table.js';

/** A table of a job's tries, each of them `{outcome, error, started_at, finished_at, duration}` as the job is itself. */
export function attemptTable(job) {
  const now = { ...job, outcome: stateOf(job), started_at: job.started_at ?? job.running?.since };
  const rows = [...job.attempts, now].map(
    ({ outcome, error, started_at: began, finished_at: ended, duration: took }, index) =>
    h(
      'tr',
      {},
      h('td', { class: 'number' }, String(index + 1)),
      h('td', {}, STATES[outcome] ? badge(outcome) : ''),
      h('td', {}, began || ended ? exact(began ?? ended) : outcome === 'waiting' ? 'not yet' : 'never began'),
      h('td', { class: 'number' }, began && ended ? duration(took) : '–'),
      h('td', { class: 'wrap' }, visible(error ?? '')),
    ),
  );
  return table('Attempts', ['#Try', 'State', 'Began', '#Ran', 'Error'], rows).element;
}
