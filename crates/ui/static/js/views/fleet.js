// Is it healthy, where is room: gateways, executors with a cell a slot, and what waits.

import { href } from '../address.js';
import * as api from '../api.js';
import { h, put, say, visible } from '../dom.js';
import { count, duration, number, wholeSpan } from '../format.js';
import { executorCard } from '../parts/executor_card.js';
import { confirm, empty, skeleton, toast, wrong } from '../parts/notes.js';
import { settingsOf } from '../parts/settings.js';
import { tile } from '../parts/tile.js';

/** Shows the fleet. */
export function open(place, { signal }) {
  const heading = h('h1', { tabindex: -1 }, 'Fleet');
  const health = h('p', { role: 'status' });
  const tiles = {
    waiting: tile('Waiting', href(['jobs'], { state: 'waiting' })),
    oldest: tile('Oldest job'),
    busy: tile('Busy slots', href(['jobs'], { state: 'running' })),
    failed: tile('Did not succeed', href(['jobs'], { state: 'failed', since: '1h' })),
    took: tile('Code ran'),
  };
  const executors = h('div', { class: 'executors' });
  const gateways = h('p', { class: 'muted' });
  const ownSettings = h('div', {});
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
    ownSettings,
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
    const bad = ends.failed + ends.timed_out + ends.given_up + (ends.expired ?? 0);
    const [slots, busy] = ['slots', 'busy'].map((name) =>
      fleet.executors.reduce((sum, executor) => sum + executor[name], 0),
    );
    const { depth, oldest_seconds: oldest } = fleet.queue;
    tiles.waiting.show(
      depth ?? 0,
      depth === null ? '?' : number(depth),
      depth === null ? 'the broker cannot be asked' : 'in the queue',
    );
    tiles.oldest.show(oldest ?? 0, oldest === null ? '–' : wholeSpan(oldest * 1000), 'since a job that is not done was made');
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
    if (!ownSettings.firstChild)
      put(ownSettings, settingsOf(fleet.gateways.find(({ this: own }) => own)?.settings, 'gateway'));
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
    put(
      executors,
      all.length
        ? all.map((executor) => executorCard(executor, drain))
        : empty('No executor', 'An executor is listed here as soon as it is heard. Start one, or look at its log.'),
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
