// One batch: how far it is, which of its jobs went wrong, and whom its end was told.

import { change, go, href } from '../address.js';
import * as api from '../api.js';
import { h, put, visible } from '../dom.js';
import { ago, exact, number, shortId } from '../format.js';
import { deliveryPanel } from '../parts/deliveries.js';
import { fact, headingOf, unreadable } from '../parts/entry.js';
import { confirm, skeleton, toast, wrong } from '../parts/notes.js';
import { ORDER, progress } from '../parts/progress.js';
import { badge, stateOf, STATES } from '../parts/states.js';
import { pages } from '../parts/table.js';

const PAGE = 50;

/** Shows the batch of an id. */
export function open(place, { id, params, signal }) {
  const actions = h('div', { class: 'actions' });
  const facts = h('dl', { class: 'facts' });
  const trouble = h('p', { class: 'offline', role: 'alert', hidden: true });
  const far = progress();
  const told = h('div');
  const jobs = h('div');
  const state = h(
    'select',
    { 'aria-label': 'State of the jobs', onchange: () => change({ state: state.value }, { replace: true }) },
    h('option', { value: '' }, 'all jobs'),
    ORDER.map((name) => h('option', { value: name }, STATES[name])),
  );
  const content = h('div', { class: 'sources' }, skeleton(6));
  const webhook = h('section', { hidden: true }, h('h2', {}, 'Whom its end is told'), told);
  const parts = [
    trouble,
    facts,
    far.element,
    webhook,
    h('div', { class: 'row' }, h('h2', {}, 'Jobs'), h('span', { class: 'spring' }), state),
    jobs,
  ];
  const loadDeliveries = deliveryPanel(told, 'batches', id, signal);
  let batch = null;
  put(place, headingOf(id, actions), content);
  api.poll(2000, signal, load, (failure) => batch || show(failure));
  list(params);

  async function load() {
    batch = await api.entry('batches', id, { signal });
    if (signal.aborted) return;
    if (!facts.isConnected) put(content, parts);
    draw();
    if (batch.webhook) await loadDeliveries();
  }

  function show(failure) {
    put(content, unreadable(failure, 'batch', 'batches', () => load().catch(show)));
  }

  function draw() {
    const { name, created_at: created, finished_at: finished, accepted, counts, owner, script } = batch;
    const under = (counts.waiting ?? 0) + (counts.running ?? 0);
    const wrongs = ['failed', 'timed_out', 'given_up', 'expired', 'cancelled'].some((state) => counts[state]);
    trouble.hidden = !batch.error;
    put(trouble, batch.error && `It is incomplete: ${visible(batch.error)}`);
    webhook.hidden = !batch.webhook;
    far.show(counts);
    put(
      facts,
      fact('Name', name && visible(name)),
      fact('State', batch.cancelled_at ? 'cancelled' : batch.state),
      fact('Jobs', number(accepted)),
      fact('Created', ago(Date.parse(created)), exact(created)),
      fact('Finished', finished && ago(Date.parse(finished)), finished && exact(finished)),
      fact('Script', script && h('a', { class: 'mono', href: href(['scripts', script]) }, visible(script))),
      fact('Owner', owner && visible(owner)),
      fact('Tells', batch.webhook && h('span', { class: 'mono' }, visible(batch.webhook.url))),
      fact('Runs again', batch.rerun_of && h('a', { class: 'mono', href: href(['batches', batch.rerun_of]) }, visible(shortId(batch.rerun_of)))),
    );
    if (actions.contains(document.activeElement)) return;
    put(
      actions,
      !under && wrongs && h('button', { type: 'button', onclick: rerun }, 'Run what failed again'),
      under > 0 && h('button', { type: 'button', class: 'danger', onclick: cancel }, 'Cancel'),
    );
  }

  /** The jobs in the state that the address names. */
  async function list(next) {
    params = next;
    const wanted = params.get('state') ?? '';
    state.value = wanted;
    const found = pages({
      label: 'Jobs of the batch',
      titles: ['Job', 'State', 'Error'],
      read: (after) =>
        api.entries(`batches/${encodeURIComponent(id)}/jobs`, { per_page: PAGE, state: wanted, after }, signal),
      row: (job) =>
        h(
          'tr',
          {},
          h('td', { class: 'name' }, h('a', { class: 'mono', href: href(['jobs', job.uuid]) }, visible(job.uuid))),
          h('td', {}, badge(stateOf(job))),
          h('td', { class: 'wrap' }, visible(job.error)),
        ),
      nothing: h('p', { class: 'muted' }, wanted ? 'None of its jobs is in this state.' : 'It has no jobs.'),
      signal,
    });
    try {
      await found.load();
      if (params === next) put(jobs, found.element);
    } catch (failure) {
      if (!signal.aborted && failure.status !== 404) put(jobs, wrong(failure, () => list(next)));
    }
  }

  async function act(verb, words) {
    try {
      const answer = await api.act('batches', id, verb);
      toast(words);
      document.activeElement?.blur();
      return answer;
    } catch (failure) {
      if (!signal.aborted) toast(failure.message, 'wrong');
      return null;
    }
  }

  async function rerun() {
    const next = await act('rerun', 'They run again');
    if (next) go(['batches', next.uuid]);
  }

  async function cancel() {
    if (await confirm('Cancel this batch?', 'Its jobs that are not done end as cancelled.', 'Cancel it'))
      await act('cancel', 'Its jobs are being cancelled');
  }

  return { update: list, keys: {} };
}
