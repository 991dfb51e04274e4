// One schedule: its times to come and what became of the last ones.

import { change, href } from '../address.js';
import * as api from '../api.js';
import { h, put, visible } from '../dom.js';
import { ago, ahead, exact, shortId } from '../format.js';
import { fact, headingOf, removeAsked, unreadable } from '../parts/entry.js';
import { skeleton, toast } from '../parts/notes.js';
import { CATCH_UP, scheduleForm } from '../parts/schedule_form.js';
import { badge, STATES } from '../parts/states.js';
import { table } from '../parts/table.js';

const ON_DUPLICATE = { queue: 'waits', skip: 'is not made', replace: 'takes its place' };

/** Shows the schedule of a name. */
export function open(place, { id: name, params, signal }) {
  const actions = h('div', { class: 'actions' });
  const content = h('div', { class: 'sources' }, skeleton(6));
  let schedule = null;
  put(place, headingOf(name, actions), content);
  api.poll(5000, signal, load, (failure) => schedule || show(failure));
  if (params.get('edit')) edit();

  async function load() {
    schedule = await api.entry('schedules', name, { signal });
    if (!signal.aborted && !actions.contains(document.activeElement) && !content.contains(document.activeElement)) draw();
  }

  function show(failure) {
    put(content, unreadable(failure, 'schedule', 'schedules', () => load().catch(show)));
  }

  function draw() {
    const { cron, time_zone: zone, next, runs, script, version, job, paused, problem, owner, jitter } = schedule;
    const now = Date.now();
    put(
      actions,
      h('button', { type: 'button', onclick: () => act(paused ? 'resume' : 'pause') }, paused ? 'Resume' : 'Pause'),
      h('button', { type: 'button', onclick: edit }, 'Change'),
      h('button', { type: 'button', class: 'danger apart', onclick: remove }, 'Delete'),
    );
    put(
      content,
      problem && h('p', { class: 'offline', role: 'alert' }, `The job of its last time could not be made: ${visible(problem)}`),
      h(
        'dl',
        { class: 'facts' },
        fact('When', h('span', { class: 'mono' }, visible(cron))),
        fact('Zone', visible(zone)),
        fact('State', paused ? 'paused' : 'active'),
        fact('Jitter', jitter && visible(String(jitter))),
        fact('Missed times', CATCH_UP[schedule.catch_up]),
        fact('While one is not done, the next', ON_DUPLICATE[schedule.on_duplicate]),
        fact('Script', script && h('a', { class: 'mono', href: href(['scripts', script]) }, visible(script))),
        fact('Version', version && String(version)),
        fact('Owner', owner && visible(owner)),
        fact('Changed', ago(Date.parse(schedule.updated_at), now), exact(schedule.updated_at)),
      ),
      h('h2', {}, 'Next'),
      next.length
        ? h(
            'ol',
            { class: 'ticks' },
            next.map((tick) => h('li', {}, exact(tick), ' ', h('span', { class: 'muted' }, ahead(Date.parse(tick), now)))),
          )
        : h('p', { class: 'muted' }, paused ? 'The schedule is paused.' : 'No further time is known.'),
      h('h2', {}, 'Last runs'),
      runs.length
        ? table('Last runs', ['Time', 'State', 'Job'], runs.map(row)).element
        : h('p', { class: 'muted' }, 'None yet.'),
      h('h2', {}, script ? 'Beside its script' : 'Job'),
      h('pre', { class: 'json', tabindex: 0 }, visible(JSON.stringify(job ?? {}, null, 2))),
    );
  }

  function row({ tick, until, job, state, skipped }) {
    return h(
      'tr',
      {},
      h('td', { title: ago(Date.parse(tick)) }, exact(tick), until && until !== tick && ` to ${exact(until)}`),
      h('td', { class: 'wrap' }, job ? (STATES[state] ? badge(state) : 'deleted') : visible(skipped ?? 'no job')),
      h('td', {}, job && h('a', { class: 'mono', href: href(['jobs', job]), title: job }, visible(shortId(job)))),
    );
  }

  async function act(verb) {
    try {
      await api.act('schedules', name, verb);
      toast(verb === 'pause' ? 'Schedule paused' : 'Schedule resumed');
      document.activeElement?.blur();
      await load();
    } catch (failure) {
      if (!signal.aborted) toast(failure.message, 'wrong');
    }
  }

  async function edit() {
    change({ edit: '' }, { replace: true });
    try {
      schedule ??= await api.entry('schedules', name, { signal });
      if (await scheduleForm(schedule)) await load();
    } catch (failure) {
      if (!signal.aborted) toast(failure.message, 'wrong');
    }
  }

  const remove = () =>
    removeAsked('schedules', name, 'It makes no more jobs. Those that it made stay.', 'Schedule deleted');

  return { update: (next) => next.get('edit') && edit(), keys: {} };
}
