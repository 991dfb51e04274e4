// Is it healthy, where is room: gateways, executors with a cell a slot, and what waits.

import { href } from '../address.js';
import * as api from '../api.js';
import { h, put, s, say, visible } from '../dom.js';
import { ago, count, duration, exact, number, shortId, wholeSpan } from '../format.js';
import { confirm, empty, skeleton, toast, wrong } from '../parts/notes.js';

const KEPT = 60; // of each number's history

/** Shows the fleet. */
export function open(place, { signal }) {
  const heading = h('h1', { tabindex: -1 }, 'Fleet');
  const health = h('p', { role: 'status' });
  const tiles = {
    waiting: tile('Waiting', href(['jobs'], { state: 'waiting' })),
    oldest: tile('Longest wait'),
    busy: tile('Busy slots', href(['jobs'], { state: 'running' })),
    failed: tile('Did not succeed', href(['jobs'], { state: 'failed', since: '1h' })),
    took: tile('Code ran'),
  };
  const executors = h('div', { class: 'executors' });
  const gateways = h('p', { class: 'muted' });
  const content = h('div', { class: 'fleet' }, skeleton(6));
  const ready = [
    h(
      'section',
      { class: 'tiles', 'aria-label': 'Numbers' },
      Object.values(tiles).map(({ element }) => element),
    ),
    h('h2', {}, 'Executors'),
    executors,
    gateways,
  ];
  put(place, h('div', { class: 'heading' }, heading, health), content);
  let drawn = '';

  api.poll(2000, signal, load, (failure) => {
    if (!executors.isConnected)
      put(
        content,
        wrong(failure, () => load().catch(() => {})),
      );
  });

  async function load() {
    const [fleet, stats, missing] = await Promise.all([api.fleet(signal), api.stats(signal), api.missing(signal)]);
    if (!executors.isConnected) put(content, ready);
    const { waiting, running, ...ends } = stats.jobs;
    const ended = Object.values(ends).reduce((sum, jobs) => sum + jobs, 0);
    const bad = ends.failed + ends.timed_out + ends.given_up;
    const [slots, busy] = ['slots', 'busy'].map((name) =>
      fleet.executors.reduce((sum, executor) => sum + executor[name], 0),
    );
    const { depth, oldest_seconds: oldest } = fleet.queue;
    tiles.waiting.show(
      depth ?? 0,
      depth === null ? '?' : number(depth),
      depth === null ? 'the broker cannot be asked' : 'in the queue',
    );
    tiles.oldest.show(oldest ?? 0, oldest === null ? '–' : wholeSpan(oldest * 1000), 'of the oldest queued job');
    tiles.busy.show(busy, `${number(busy)} of ${number(slots)}`, count(fleet.executors.length, 'executor'));
    tiles.failed.show(
      bad,
      ended ? `${((bad / ended) * 100).toPrecision(2)} %` : '–',
      `${number(bad)} of ${count(ended, 'job')} in the last hour`,
    );
    const { p50, p95, max } = stats.this_gateway.duration_ms;
    const known = max > 0;
    tiles.took.show(
      p95,
      known ? duration(p50) : '–',
      known ? `half of the jobs; 95 % within ${duration(p95)}` : 'no job ended here lately',
    );
    judge(fleet, missing);
    const others = fleet.gateways.map(({ name, this: own }) => `${visible(name)}${own ? ' (this one)' : ''}`);
    say(gateways, `${count(fleet.gateways.length, 'gateway')}: ${others.join(', ')}`);
    const picture = JSON.stringify(fleet.executors.map(({ heard_at, ...executor }) => executor));
    if (picture !== drawn && !executors.contains(document.activeElement)) {
      drawn = picture;
      drawExecutors(fleet.executors);
    }
    for (const span of executors.querySelectorAll('[data-since]'))
      say(span, `for ${wholeSpan(Date.now() - Number(span.dataset.since))}`);
  }

  /** Says in words what is wrong. */
  function judge(fleet, missing) {
    const problems = Object.entries(missing).map(([name, problem]) => `the gateway misses its ${name}: ${problem}`);
    if (!fleet.executors.length) problems.push('no executor is heard: nothing runs');
    else if (fleet.executors.every(({ draining, stopping }) => draining || stopping))
      problems.push('every executor drains or stops: nothing new begins');
    health.className = problems.length ? 'offline' : 'muted';
    const sentence = problems.join('; ');
    say(
      health,
      sentence ? sentence[0].toUpperCase() + sentence.slice(1) : 'Database and queue can be used, executors take jobs.',
    );
  }

  function drawExecutors(all) {
    if (!all.length)
      return put(
        executors,
        empty('No executor', 'An executor is listed here as soon as it is heard. Start one, or look at its log.'),
      );
    put(
      executors,
      all.map((executor) => {
        const { name, slots, busy, draining, stopping, started_at: started, jobs } = executor;
        const free = Math.max(0, slots - jobs.length);
        const word = stopping
          ? 'stopping'
          : draining
            ? busy
              ? 'draining'
              : 'drained'
            : `${number(busy)} of ${count(slots, 'slot')} busy`;
        const order = h(
          'button',
          { type: 'button', class: 'small', onclick: () => drain(name, !draining, order) },
          draining ? 'Take jobs again' : 'Drain',
        );
        return h(
          'section',
          { class: 'card', 'aria-label': `Executor ${name}` },
          h(
            'div',
            { class: 'heading' },
            h('h3', { class: 'mono' }, visible(name)),
            h('span', {}, word),
            h('span', { class: 'muted', title: exact(started) }, `started ${ago(Date.parse(started))}`),
            h('span', { class: 'spring' }),
            !stopping && order,
          ),
          h(
            'ul',
            { class: 'slots' },
            jobs.map((job) =>
              h(
                'li',
                { class: !job.since && 'idle' },
                h('a', { class: 'mono', href: href(['jobs', job.uuid]), title: job.uuid }, visible(shortId(job.uuid))),
                h(
                  'span',
                  { class: 'muted' },
                  job.since
                    ? h('span', { title: exact(job.since), dataset: { since: Date.parse(job.since) } })
                    : 'waits for its slot',
                  `, attempt ${number(job.attempt)}`,
                ),
              ),
            ),
            Array.from({ length: free }, () => h('li', { class: 'idle muted' }, 'idle')),
          ),
        );
      }),
    );
  }

  async function drain(name, on, button) {
    if (
      on &&
      !(await confirm(
        `Drain ${visible(name)}?`,
        'It finishes the jobs that it has and takes no more, until it is told to or started again.',
        'Drain',
        { danger: false },
      ))
    )
      return;
    button.disabled = true;
    try {
      await api.drain(name, on);
      toast(on ? 'It takes no more jobs' : 'It takes jobs again');
    } catch (failure) {
      toast(failure.message, 'wrong');
    }
    button.disabled = false;
    button.blur();
    if (!signal.aborted) load().catch(() => {});
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
