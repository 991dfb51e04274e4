// An executor: what it does, with a cell for each slot.

import { href } from '../address.js';
import { h, visible } from '../dom.js';
import { ago, bytes, count, exact, number, shortId } from '../format.js';
import { settingsOf } from './settings.js';

/** The card of an executor; `drain(name, on, button)` lets it drain, or take jobs again. */
export function executorCard(executor, drain) {
  const { name, slots, busy, draining, stopping, started_at: started, jobs } = executor;
  const states = executor.slot_states ?? [];
  // A job that waits for its slot, and every job of an executor that does not say what its slots are at.
  const others = jobs.filter(({ uuid }) => !states.some(({ job }) => job === uuid));
  const free = Math.max(0, slots - states.length - (states.length ? 0 : jobs.length));
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
      states.map((state) => {
        const job = jobs.find(({ uuid }) => uuid === state.job);
        return h('li', { class: !job && 'idle' }, job ? jobCell(job) : h('span', { class: 'muted' }, 'idle'), slotFacts(state));
      }),
      others.map((job) => h('li', { class: !job.since && 'idle' }, jobCell(job))),
      Array.from({ length: free }, () => h('li', { class: 'idle muted' }, states.length ? 'starts' : 'idle')),
    ),
    settingsOf(executor.settings, 'executor'),
  );
}

/** A job in its slot; whoever shows it keeps what `data-since` says up to date. */
const jobCell = (job) => [
  h('a', { class: 'mono', href: href(['jobs', job.uuid]), title: job.uuid }, visible(shortId(job.uuid))),
  h(
    'span',
    { class: 'muted' },
    job.since
      ? h('span', { title: exact(job.since), dataset: { since: Date.parse(job.since) } })
      : 'waits for its slot',
    `, attempt ${number(job.attempt)}`,
  ),
];

/** What a slot takes, and how old its Chromium is. */
function slotFacts({ memory, browser_since: since }) {
  const words = [memory > 0 && bytes(memory), since && `Chromium started ${ago(Date.parse(since))}`].filter(Boolean);
  return words.length > 0 && h('span', { class: 'muted', title: since && exact(since) }, words.join(', '));
}
