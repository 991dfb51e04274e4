// Is it healthy, where is room: what waits and since when, and who runs what.
//
// Made of what every gateway tells: its list, its metrics and its readiness.

import { href } from '../address.js';
import * as api from '../api.js';
import { h, put, s, say, visible } from '../dom.js';
import { count, exact, number, shortId, wholeSpan } from '../format.js';
import { empty, skeleton, wrong } from '../parts/notes.js';

const KEPT = 60; // of each number's history
const SHOWN = 200; // running jobs

/** Shows the fleet. */
export function open(place, { signal }) {
  const heading = h('h1', { tabindex: -1 }, 'Fleet');
  const health = h('p', { role: 'status' });
  const tiles = {
    waiting: tile('Waiting', href(['jobs'], { state: 'waiting' })),
    oldest: tile('Longest wait'),
    running: tile('Running', href(['jobs'], { state: 'running' })),
    ended: tile('Ended in the last hour', href(['jobs'], { since: '1h' })),
    failed: tile('Did not succeed', href(['jobs'], { state: 'failed', since: '1h' })),
  };
  const executors = h('div', { class: 'executors' });
  const content = h('div', { class: 'fleet' }, skeleton(6));
  const ready = [
    h(
      'section',
      { class: 'tiles', 'aria-label': 'Numbers' },
      Object.values(tiles).map(({ element }) => element),
    ),
    h('h2', {}, 'Executors at work'),
    executors,
  ];
  put(place, h('div', { class: 'heading' }, heading, health), content);

  api.poll(2000, signal, load, (failure) => {
    if (content.isConnected && !executors.isConnected)
      put(
        content,
        wrong(failure, () => load().catch(() => {})),
      );
  });

  async function load() {
    const hour = new Date(Date.now() - 3600e3).toISOString().slice(0, 19) + 'Z';
    const [metrics, missing, running, waiting, all, ...ends] = await Promise.all([
      api.metrics(signal),
      api.missing(signal),
      api.list({ state: 'running', per_page: SHOWN }, signal),
      api.total({ state: 'waiting' }, signal),
      api.total({ created_from: hour }, signal),
      ...['succeeded', 'failed', 'timed_out', 'given_up', 'cancelled'].map((state) =>
        api.total({ state, created_from: hour }, signal),
      ),
    ]);
    if (!executors.isConnected) put(content, ready);
    const ended = ends.reduce((sum, jobs) => sum + jobs, 0);
    const bad = ended - ends[0] - ends[4];
    tiles.waiting.show(waiting, number(waiting), `${count(metrics.get('queue_depth') ?? 0, 'message')} in the queue`);
    const oldest = waiting ? (metrics.get('oldest_queued_seconds') ?? 0) : 0;
    tiles.oldest.show(oldest, waiting ? wholeSpan(oldest * 1000) : '–', 'since the oldest was created');
    tiles.running.show(running.meta.total, number(running.meta.total), 'longer than a second');
    tiles.ended.show(ended, number(ended), `${number(all)} created`);
    tiles.failed.show(bad, ended ? `${((bad / ended) * 100).toPrecision(2)} %` : '–', count(bad, 'job'));
    const problems = Object.entries(missing).map(([name, problem]) => `${name}: ${problem}`);
    health.className = problems.length ? 'offline' : 'muted';
    say(health, problems.length ? `This gateway misses its ${problems.join('; ')}` : 'Database and queue can be used.');
    drawExecutors(running.data);
  }

  function drawExecutors(jobs) {
    const names = new Map();
    for (const job of jobs) {
      if (!job.running) continue; // it ended while the list was made
      names.set(job.running.executor, [...(names.get(job.running.executor) ?? []), job]);
    }
    if (!names.size) {
      return put(
        executors,
        empty('Nothing runs', 'Executors are listed here while they run jobs that take longer than a second.'),
      );
    }
    put(
      executors,
      [...names]
        .sort(([a], [b]) => a.localeCompare(b))
        .map(([name, running]) =>
          h(
            'section',
            { class: 'card' },
            h(
              'div',
              { class: 'heading' },
              h('h3', { class: 'mono' }, visible(name)),
              h('span', { class: 'muted' }, count(running.length, 'job')),
            ),
            h(
              'ul',
              { class: 'slots' },
              running.map((job) =>
                h(
                  'li',
                  {},
                  h(
                    'a',
                    { class: 'mono', href: href(['jobs', job.uuid]), title: job.uuid },
                    visible(shortId(job.uuid)),
                  ),
                  h(
                    'span',
                    { class: 'muted', title: exact(job.running.since) },
                    `for ${wholeSpan(Date.now() - Date.parse(job.running.since))}, attempt ${number(job.running.attempt)}`,
                  ),
                ),
              ),
            ),
          ),
        ),
    );
  }

  return { keys: {} };
}

/** A number with its meaning and what it was lately. */
function tile(title, target) {
  const [value, note] = [h('b', {}, '–'), h('span', { class: 'muted' })];
  const line = s('polyline', {});
  const past = [];
  const element = h(
    'div',
    { class: 'card tile' },
    target ? h('a', { href: target }, title) : h('span', {}, title),
    value,
    note,
    s('svg', { viewBox: `0 0 ${KEPT} 24`, preserveAspectRatio: 'none', 'aria-hidden': 'true' }, line),
  );
  return {
    element,
    show(size, text, words) {
      say(value, text);
      say(note, words);
      past.push(size);
      if (past.length > KEPT) past.shift();
      const highest = Math.max(1, ...past);
      line.setAttribute(
        'points',
        past.map((each, index) => `${index},${(22 - (each / highest) * 20).toFixed(1)}`).join(' '),
      );
    },
  };
}
