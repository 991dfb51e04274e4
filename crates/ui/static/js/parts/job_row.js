// One line of the list, brought up to date in place.

import { href } from '../address.js';
import { h, put, say, visible } from '../dom.js';
import { ago, duration, exact, number, shortId, wholeSpan } from '../format.js';
import { badge, stateOf } from './states.js';

/** A row for a summary; `update(job)` and `tick(now)` change what changed, `picked(on)` its checkbox. */
export function jobRow(job, { pick }) {
  const box = h('input', {
    type: 'checkbox',
    'aria-label': `Select job ${job.uuid}`,
    onclick: (event) => pick(job.uuid, box.checked, event.shiftKey),
  });
  const link = h('a', { href: href(['jobs', job.uuid]), title: job.uuid }, visible(shortId(job.uuid)));
  const cells = {
    state: h('td', { class: 'w-state' }),
    created: h('td', { class: 'w-time number' }),
    waited: h('td', { class: 'w-span number' }),
    ran: h('td', { class: 'w-span ran number' }),
    tries: h('td', { class: 'w-tries number' }),
    what: h('td', { class: 'what' }),
  };
  const element = h(
    'tr',
    {},
    h('td', { class: 'pick' }, box),
    cells.state,
    h(
      'td',
      { class: 'w-id' },
      link,
      job.owner && [
        ' ',
        h(
          'a',
          { class: 'owner', href: href(['jobs'], { owner: job.owner }), title: `Jobs of ${job.owner}` },
          job.owner,
        ),
      ],
    ),
    cells.created,
    cells.waited,
    cells.ran,
    cells.tries,
    cells.what,
  );
  const row = { element, link, job, state: null, update, tick, picked: (on) => (box.checked = on) };

  function update(next) {
    const state = stateOf(next);
    if (state !== row.state) put(cells.state, badge(state));
    row.job = next;
    row.state = state;
    cells.created.title = exact(next.created_at);
    say(cells.tries, (next.attempt ?? next.running?.attempt) ? number(next.attempt ?? next.running.attempt) : '');
    cells.what.classList.toggle('wrong', Boolean(next.error));
    const where = next.running
      ? `on ${next.running.executor}`
      : next.rerun_of
        ? `again: ${shortId(next.rerun_of)}`
        : '';
    say(cells.what, visible(next.error || where));
    cells.what.title = visible(next.error || '');
    tick();
  }

  function tick(now = Date.now()) {
    const { created_at: created, started_at: started, finished_at: finished, running } = row.job;
    const began = running?.since ?? started;
    say(cells.created, ago(Date.parse(created), now));
    // Both times are whole seconds of clocks that may differ: a job never began before it was created.
    say(
      cells.waited,
      began
        ? wholeSpan(Date.parse(began) - Date.parse(created))
        : finished || row.state !== 'waiting'
          ? ''
          : wholeSpan(now - Date.parse(created)),
    );
    say(
      cells.ran,
      row.state === 'running' && began ? wholeSpan(now - Date.parse(began)) : started ? duration(row.job.duration) : '',
    );
  }

  update(job);
  return row;
}
