// One job: why did it fail, what did it bring.

import { change, go, href } from '../address.js';
import * as api from '../api.js';
import { announce, h, put, say, visible } from '../dom.js';
import { ago, duration, exact, number, shortId, wholeSpan } from '../format.js';
import { errorPlace, whyItFailed } from '../parts/failure.js';
import { fileTable } from '../parts/files.js';
import { liveView } from '../parts/live.js';
import { batch, logView } from '../parts/log.js';
import { confirm, copy, download, empty, skeleton, toast, wrong } from '../parts/notes.js';
import { asCli, asCurl, asFolder } from '../parts/share.js';
import { badge, stateOf, STATES } from '../parts/states.js';
import { tabs } from '../parts/tabs.js';
import { recordingOf, tracePlayer } from '../parts/trace.js';
import { resultTree } from '../parts/tree.js';

/** Shows the job of an id. */
export function open(place, { id, params, signal }) {
  let job = null;
  let phase = null; // what the stream said last: created, queued, running, done
  let following = null;
  let inputDrawn = false;
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
    input: h('div', { class: 'sources' }),
  };
  const chosen = (tab) => change({ tab: tab === 'log' ? '' : tab, call: '' }, { replace: true });
  const choice = tabs(
    'About the job',
    [
      { id: 'log', title: 'Log', panel: panels.log },
      { id: 'trace', title: 'Trace', panel: panels.trace },
      { id: 'result', title: 'Result', panel: panels.result },
      { id: 'files', title: 'Files', panel: panels.files },
      { id: 'input', title: 'Input', panel: panels.input },
    ],
    chosen,
  );
  choice.button('files').hidden = true;
  choice.button('trace').hidden = true;
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
        { live: true },
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
    drawActions();
    drawFailure();
    if (job.status !== 'done') {
      put(panels.result, empty('No result yet', 'What the code puts into results is here when the job has ended.'));
    }
  }

  function drawFacts() {
    const now = Date.now();
    const created = Date.parse(job.created_at);
    const began = job.running?.since ?? job.started_at;
    const fact = (name, value, title) =>
      value !== null &&
      value !== undefined &&
      value !== '' &&
      h('div', {}, h('dt', {}, name), h('dd', { title }, value));
    const attempt = job.attempt ?? job.running?.attempt;
    const most = job.max_attempts ? ` of ${number(job.max_attempts)}` : '';
    put(
      facts,
      fact('Created', ago(created, now), exact(job.created_at)),
      fact(
        'Waited',
        began ? wholeSpan(Date.parse(began) - created) : job.status === 'done' ? null : wholeSpan(now - created),
      ),
      fact(
        'Ran',
        job.status === 'done'
          ? job.started_at
            ? duration(job.duration)
            : 'never'
          : job.running
            ? wholeSpan(now - Date.parse(job.running.since))
            : null,
        job.started_at && `from ${exact(job.started_at)}`,
      ),
      fact('On', job.running?.executor),
      fact('Puppeteer', job.api),
      fact('Language', job.language === 'ts' ? 'TypeScript' : null),
      fact('Owner', job.owner && h('a', { href: href(['jobs'], { owner: job.owner }) }, job.owner)),
      fact('Attempt', attempt ? `${number(attempt)}${most}` : null),
      fact('May run', job.timeout ? wholeSpan(job.timeout * 1000) : null),
      fact(
        'Runs again',
        job.rerun_of && h('a', { class: 'mono', href: href(['jobs', job.rerun_of]) }, visible(shortId(job.rerun_of))),
      ),
    );
  }

  function drawActions() {
    const under = job.status !== 'done';
    const menu = h(
      'details',
      { class: 'menu' },
      h('summary', {}, 'Copy'),
      h(
        'div',
        {},
        [
          ['As curl', () => copy(asCurl(job), 'curl command')],
          ['As CLI commands', () => copy(asCli(job), 'Commands')],
          ['Job folder', () => download(`${id}.zip`, asFolder(job, id))],
          ['Job as JSON', () => download(`${id}.json`, JSON.stringify(job, null, 2), 'application/json')],
        ].map(([name, does]) => h('button', { type: 'button', onclick: () => ((menu.open = false), does()) }, name)),
      ),
    );
    menu.addEventListener(
      'keydown',
      (event) => event.key === 'Escape' && ((menu.open = false), menu.firstChild.focus()),
    );
    menu.addEventListener(
      'focusout',
      (event) => menu.contains(event.relatedTarget) || (event.relatedTarget && (menu.open = false)),
    );
    put(
      actions,
      h('button', { type: 'button', onclick: rerun }, 'Run again'),
      h('a', { class: 'button', href: href(['playground'], { job: id }) }, 'Edit and run'),
      menu,
      under && h('button', { type: 'button', class: 'danger apart', onclick: cancel }, 'Cancel'),
      h('button', { type: 'button', class: `danger ${under ? '' : 'apart'}`, onclick: remove }, 'Delete'),
    );
  }

  function drawFailure() {
    failure.hidden = !(job.status === 'done' && job.error);
    if (!failure.hidden) put(failure, whyItFailed(job));
  }

  function show(next) {
    params = next;
    const wanted = params.get('tab');
    const tab = Object.hasOwn(panels, wanted) && !choice.button(wanted).hidden ? wanted : 'log';
    choice.choose(tab);
    if (tab === 'input' && job && !inputDrawn) drawInput();
    if (tab === 'trace') {
      if (!player) {
        player = tracePlayer(job, signal, (call) => change({ call }, { replace: true }));
        put(panels.trace, player.element);
      }
      player.select(params.get('call'));
    }
  }

  async function drawInput() {
    inputDrawn = true;
    const { reader } = await import('../parts/editor.js');
    const at = errorPlace(job);
    const source = (title, doc) =>
      h(
        'section',
        {},
        h(
          'div',
          { class: 'row' },
          h('h2', {}, visible(title)),
          h('span', { class: 'spring' }),
          h('button', { type: 'button', class: 'small', onclick: () => copy(doc, title) }, 'Copy'),
        ),
        reader({ label: title, doc, at: at && at.source === doc ? job.error_at : null }).element,
      );
    const vars = Object.entries(job.vars ?? {});
    put(
      panels.input,
      source('Code', job.code),
      h(
        'section',
        {},
        h('h2', {}, 'Vars'),
        vars.length
          ? h(
              'dl',
              { class: 'pairs' },
              vars.map(([name, value]) => [h('dt', {}, visible(name)), h('dd', { tabindex: 0 }, visible(value))]),
            )
          : h('p', { class: 'muted' }, 'This job has no vars.'),
      ),
      Object.entries(job.modules ?? {}).map(([name, text]) => source(`Module ${name}`, text)),
    );
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
