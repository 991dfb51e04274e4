// The schedules: did it run, when next.

import { change, go, href } from '../address.js';
import * as api from '../api.js';
import { h, put, visible } from '../dom.js';
import { ahead, exact } from '../format.js';
import { empty, skeleton } from '../parts/notes.js';
import { scheduleForm } from '../parts/schedule_form.js';
import { mark, STATES } from '../parts/states.js';
import { pages } from '../parts/table.js';

const PAGE = 20;
const SHOWN_RUNS = 5;

/** Shows all schedules. */
export function open(place, { params, signal }) {
  const create = () => h('button', { type: 'button', class: 'primary', onclick: make }, 'New schedule');
  const content = h('div', {}, skeleton(6));
  const marks = new Map(); // the places of the last runs, by schedule
  const list = pages({
    label: 'Schedules',
    titles: ['Name', 'When', 'Next', 'Last runs', 'Runs', 'State'],
    read: (after) => api.entries('schedules', { per_page: PAGE, after }, signal),
    row,
    nothing: empty('No schedules yet', 'A schedule makes a job at times: every morning, or every 90 seconds.', create()),
    signal,
  });
  put(
    place,
    h('div', { class: 'heading' }, h('h1', { tabindex: -1 }, 'Schedules'), h('span', { class: 'spring' }), create()),
    content,
  );
  load();
  if (params.get('new')) make();

  async function load() {
    marks.clear();
    if (await list.showIn(content, load)) await colour();
  }

  /** What became of the last runs stands in the schedule itself. */
  async function colour() {
    for (const [name, runs] of marks) {
      if (signal.aborted) return;
      const schedule = await api.entry('schedules', name, { signal }).catch(() => null);
      if (schedule) put(runs, schedule.runs.slice(0, SHOWN_RUNS).reverse().map(runMark));
    }
  }

  async function make() {
    change({ new: '' }, { replace: true });
    const name = await scheduleForm();
    if (name) go(['schedules', name]);
  }

  function row({ name, cron, time_zone: zone, next, runs, script, paused, problem }) {
    const last = h('span', { class: 'marks' }, runs.length ? `${runs.length} known` : '–');
    if (runs.length) marks.set(name, last);
    return h(
      'tr',
      {},
      h('td', { class: 'name' }, h('a', { class: 'mono', href: href(['schedules', name]) }, visible(name))),
      h('td', {}, h('span', { class: 'mono' }, visible(cron)), ' ', h('span', { class: 'muted' }, visible(zone))),
      h('td', { title: next[0] && exact(next[0]) }, next[0] ? ahead(Date.parse(next[0])) : '–'),
      h('td', {}, last),
      h('td', {}, script ? h('a', { class: 'mono', href: href(['scripts', script]) }, visible(script)) : 'its own job'),
      h('td', {}, problem ? h('span', { title: visible(problem) }, 'trouble') : paused ? 'paused' : 'active'),
    );
  }

  return { update: (next) => next.get('new') && make(), keys: {} };
}

/** What became of a tick, as a link to its job. */
function runMark({ tick, job, state, skipped }) {
  const when = exact(tick);
  if (!job) return mark('cancelled', `${when}: ${visible(skipped ?? 'no job')}`);
  const words = `${when}: ${STATES[state] ?? 'its job is gone'}`;
  return h('a', { href: href(['jobs', job]) }, mark(STATES[state] ? state : 'cancelled', words));
}
