// One job: why did it fail, what did it bring.

import { change, go, href } from '../address.js';
import * as api from '../api.js';
import { announce, h, put, visible } from '../dom.js';
import { number } from '../format.js';
import { attemptTable } from '../parts/attempts.js';
import { deliveryPanel } from '../parts/deliveries.js';
import { whyItFailed } from '../parts/failure.js';
import { fileTable } from '../parts/files.js';
import { jobActions } from '../parts/job_actions.js';
import { jobFacts } from '../parts/job_facts.js';
import { jobInput } from '../parts/job_input.js';
import { liveView } from '../parts/live.js';
import { batch, logView } from '../parts/log.js';
import { confirm, copy, empty, skeleton, toast, wrong } from '../parts/notes.js';
import { badge, stateOf, STATES } from '../parts/states.js';
import { tabs } from '../parts/tabs.js';
import { tracePlayer } from '../parts/trace.js';
import { recordingOf } from '../parts/trace_files.js';
import { resultTree } from '../parts/tree.js';

/** Shows the job of an id. */
export function open(place, { id, params, signal }) {
  let job = null;
  let phase = null; // what the stream said last: created, queued, running, done
  let following = null;
  let inputDrawn = false;
  let deliveriesShown = false;
  let player = null;

  const state = h('span', {});
  const heading = h('h1', { class: 'job-id', tabindex: -1 }, visible(id));
  const actions = h('div', { class: 'actions' });
  const facts = h('dl', { class: 'facts' });
  const failure = h('section', { class: 'card failure', hidden: true, 'aria-label': 'Why it failed' });
  const log = logView({ name: id });
  const live = liveView();
  const stage = h('div', {}, log.element);
  const panels = {
    log: stage,
    trace: h('div'),
    result: h('div'),
    files: h('div'),
    attempts: h('div'),
    deliveries: h('div'),
    input: h('div', { class: 'sources' }),
  };
  const loadDeliveries = deliveryPanel(panels.deliveries, 'jobs', id, signal);
  const chosen = (tab) => change({ tab: tab === 'log' ? '' : tab, call: '' }, { replace: true });
  const choice = tabs(
    'About the job',
    [
      { id: 'log', title: 'Log', panel: panels.log },
      { id: 'trace', title: 'Trace', panel: panels.trace },
      { id: 'result', title: 'Result', panel: panels.result },
      { id: 'files', title: 'Files', panel: panels.files },
      { id: 'attempts', title: 'Attempts', panel: panels.attempts },
      { id: 'deliveries', title: 'Deliveries', panel: panels.deliveries },
      { id: 'input', title: 'Input', panel: panels.input },
    ],
    chosen,
  );
  for (const tab of ['files', 'trace', 'attempts', 'deliveries']) choice.button(tab).hidden = true;
  const body = h('div', { class: 'sources' }, facts, failure, choice.list, choice.panels);
  const loading = skeleton(8);
  put(
    place,
    h(
      'div',
      { class: 'heading' },
      state,
      heading,
      h('button', { type: 'button', class: 'small', onclick: () => copy(id, 'Id') }, 'Copy id'),
      h('span', { class: 'spring' }),
      actions,
    ),
    loading,
  );

  load();

  async function load() {
    try {
      job = await api.read(id, signal);
      if (loading.isConnected) loading.replaceWith(body);
      draw();
      if (job.status === 'done') finish();
      else follow();
      show(params);
    } catch (problem) {
      if (signal.aborted) return;
      put(actions);
      const note =
        problem.status === 404
          ? empty(
              'There is no such job',
              'It may have been deleted, or its id is cut off.',
              h('a', { class: 'button', href: href(['jobs']) }, 'All jobs'),
            )
          : wrong(problem, () => (note.replaceWith(loading), load()));
      (loading.isConnected ? loading : body).replaceWith(note);
    }
  }

  function follow() {
    following?.abort();
    following = new AbortController();
    signal.addEventListener('abort', () => following.abort());
    const add = batch((lines) => log.add(lines));
    log.clear();
    log.quiet('Lines appear here as the job writes them.');
    stage.classList.add('live-stage');
    put(stage, live.element, log.element);
    api
      .follow(
        id,
        (name, data) => {
          if (name === 'log') return add(data);
          live.heard(name, data);
          if (name === 'status') return moved(data.status);
          if (name === 'result') {
            job = data;
            draw();
            finish();
            show(params);
            announce(`The job ${STATES[stateOf(job)]}`);
          }
          if (name === 'deleted') {
            put(actions);
            body.replaceWith(
              empty(
                'This job was deleted',
                'Somebody has deleted it while you were watching.',
                h('a', { class: 'button', href: href(['jobs']) }, 'All jobs'),
              ),
            );
          }
        },
        following.signal,
      )
      .catch((problem) => toast(problem.message, 'wrong'));
  }

  /** The stream says where the job is; where exactly it runs, its document says. */
  function moved(next) {
    if (next === phase || next === 'done') return;
    phase = next;
    if (next !== 'running') return drawFacts();
    log.clear(); // another executor begins it anew
    live.clear();
    api.read(id, signal).then(
      (read) => {
        if (job.status === 'done') return;
        job =
          read.running || read.status === 'done'
            ? read
            : { ...read, running: { since: new Date().toISOString(), executor: '', attempt: 1 } };
        draw();
      },
      () => {},
    );
  }

  function finish() {
    phase = 'done';
    stage.classList.remove('live-stage');
    put(stage, log.element);
    if (log.complete(job.logs)) log.rewind();
    const results =
      job.results && Object.keys(job.results).length
        ? resultTree(job.results, id)
        : empty('No results', 'The code put nothing into results.');
    put(panels.result, results);
    const folder = recordingOf(job);
    const files = (job.files ?? []).filter(({ name }) => !folder || !name.startsWith(folder));
    choice.button('trace').hidden = !folder;
    choice.button('files').hidden = !files.length;
    if (files.length) {
      put(panels.files, fileTable(id, files, signal));
      put(choice.button('files'), 'Files ', h('span', { class: 'count' }, number(files.length)));
    }
    put(
      choice.button('result'),
      'Result ',
      h('span', { class: 'count' }, number(Object.keys(job.results ?? {}).length)),
    );
  }

  function draw() {
    put(state, badge(stateOf(job)));
    drawFacts();
    put(actions, jobActions(job, { rerun, cancel, remove }));
    drawFailure();
    drawTries();
    if (job.status !== 'done') {
      put(panels.result, empty('No result yet', 'What the code puts into results is here when the job has ended.'));
    }
  }

  function drawFacts() {
    put(facts, jobFacts(job));
  }

  function drawFailure() {
    failure.hidden = !(job.status === 'done' && job.error);
    if (!failure.hidden) put(failure, whyItFailed(job));
  }

  /** The tries before this one, and whom the job tells of itself. */
  function drawTries() {
    const before = job.attempts ?? [];
    choice.button('attempts').hidden = !before.length;
    if (before.length) {
      put(panels.attempts, attemptTable(job));
      put(choice.button('attempts'), 'Attempts ', h('span', { class: 'count' }, number(before.length + 1)));
    }
    choice.button('deliveries').hidden = !job.webhook;
  }

  function show(next) {
    params = next;
    const wanted = params.get('tab');
    const tab = Object.hasOwn(panels, wanted) && !choice.button(wanted).hidden ? wanted : 'log';
    choice.choose(tab);
    if (tab === 'input' && job && !inputDrawn) drawInput();
    if (tab === 'deliveries') showDeliveries();
    if (tab === 'trace') {
      if (!player) {
        player = tracePlayer(job, signal, (call) => change({ call }, { replace: true }));
        put(panels.trace, player.element);
      }
      player.select(params.get('call'));
    }
  }

  function showDeliveries() {
    if (deliveriesShown) return;
    deliveriesShown = true;
    const isShown = () => params.get('tab') === 'deliveries';
    api.poll(2000, signal, async () => isShown() && (await loadDeliveries()), (problem) => {
      if (!panels.deliveries.hasChildNodes()) put(panels.deliveries, wrong(problem));
    });
  }

  async function drawInput() {
    inputDrawn = true;
    put(panels.input, await jobInput(job));
  }

  async function attempt(does, words) {
    try {
      const answer = await does();
      if (words) toast(words);
      return answer;
    } catch (problem) {
      toast(problem.message, 'wrong');
      return null;
    }
  }

  async function rerun() {
    const next = await attempt(() => api.rerun(id));
    if (next) go(['jobs', next.uuid]);
  }

  async function cancel() {
    if (await confirm('Cancel this job?', 'It ends as cancelled and keeps its log until now.', 'Cancel it'))
      await attempt(() => api.cancel(id), 'Cancelled');
  }

  async function remove() {
    if (!(await confirm('Delete 1 job?', 'Its results and its log are gone for good.', 'Delete'))) return;
    following?.abort();
    if (await attempt(async () => (await api.remove(id), true), 'Deleted')) go(['jobs']);
  }

  /** Steps through the recording; arrows in the tabs are the tabs'. */
  function step(by) {
    if (params.get('tab') !== 'trace' || !player || document.activeElement?.role === 'tab') return false;
    return player.step(by);
  }

  const clock = setInterval(() => job && !document.hidden && (phase !== 'done' ? drawFacts() : null), 1000);
  signal.addEventListener('abort', () => clearInterval(clock));

  return {
    update: show,
    keys: {
      r: () => void rerun(),
      ArrowLeft: () => step(-1),
      ArrowRight: () => step(1),
      c: () => (job && job.status !== 'done' ? void cancel() : false),
      '/': () => {
        change({ tab: '' }, { replace: true });
        log.search.focus();
      },
    },
  };
}
