// Let me try: an editor, the log beside it, the result below.

import { change, href } from '../address.js';
import * as api from '../api.js';
import { announce, h, put } from '../dom.js';
import { EXAMPLES } from '../examples.js';
import { count, duration, number } from '../format.js';
import { draft, draftOf, withoutShownProxy } from '../parts/draft.js';
import { editor } from '../parts/editor.js';
import { whyItFailed } from '../parts/failure.js';
import { jobForm } from '../parts/job_form.js';
import { liveView } from '../parts/live.js';
import { batch, logView } from '../parts/log.js';
import { menu } from '../parts/menu.js';
import { confirm, copy, download, empty, toast } from '../parts/notes.js';
import { asCli, asCurl, asFolder, newJob } from '../parts/share.js';
import { badge, stateOf, STATES } from '../parts/states.js';
import { tabs } from '../parts/tabs.js';
import { resultTree } from '../parts/tree.js';

const FIRST = EXAMPLES[0];

/** Shows the playground. */
export function open(place, { params, signal }) {
  let job = draft.load() ?? draftOf(FIRST);
  let running = null; // {uuid, stop}
  let asked = null; // what of the address was done

  const heading = h('h1', { tabindex: -1 }, 'Playground');
  const examples = h(
    'select',
    {
      'aria-label': 'Examples',
      onchange: async () => {
        const example = EXAMPLES.find(({ id }) => id === examples.value);
        examples.value = '';
        if (example && (await mayReplace())) take(draftOf(example));
      },
    },
    h('option', { value: '' }, 'Examples …'),
    EXAMPLES.map(({ id, title }) => h('option', { value: id }, title)),
  );
  const run = h('button', { type: 'button', class: 'primary', title: 'Ctrl Enter', onclick: start }, 'Run');
  const stop = h('button', { type: 'button', class: 'danger', hidden: true, onclick: cancel }, 'Cancel');
  const share = menu('Share', [
    ['Download as a job folder', () => download('job.zip', asFolder(job))],
    ['Copy as curl', () => copy(asCurl(job), 'curl command')],
    ['Copy as CLI commands', () => copy(asCli(job), 'Commands')],
  ]);

  const form = jobForm({ job: () => job, edit, run: start });
  const panels = { code: h('div'), ...form.panels };
  const choice = tabs(
    'Parts of the job',
    [
      ['code', 'Code'],
      ['vars', 'Vars'],
      ['modules', 'Modules'],
      ['files', 'Files'],
      ['options', 'Options'],
    ].map(([id, title]) => ({ id, title, panel: panels[id] })),
    (id) => choice.choose(id),
  );
  const log = logView({ name: 'playground' });
  log.quiet('Run the job to see its log here.');
  const live = liveView({ quiet: 'Run the job to see its page here.' });
  const state = h(
    'div',
    { class: 'run-state', role: 'status' },
    h('span', { class: 'muted' }, 'Not run yet. Ctrl Enter runs what is in the editor.'),
  );
  const result = h(
    'section',
    { 'aria-label': 'Result' },
    empty('No result yet', 'What the code puts into results is shown here.'),
  );
  const code = editor({
    label: 'Code of the job',
    doc: job.code,
    changed: (text) => edit({ code: text }),
    run: start,
    vars: () => Object.keys(job.vars),
  });
  panels.code.append(
    code.element,
    h(
      'p',
      { class: 'hint' },
      h('kbd', {}, 'Ctrl Enter'),
      ' runs, ',
      h('kbd', {}, 'Ctrl Space'),
      ' completes, ',
      h('kbd', {}, 'Esc'),
      ' then ',
      h('kbd', {}, 'Tab'),
      ' leaves the editor',
    ),
  );

  put(
    place,
    h('div', { class: 'heading' }, heading, h('span', { class: 'spring' }), examples, share, stop, run),
    h(
      'div',
      { class: 'bench' },
      h('section', { 'aria-label': 'Job' }, choice.list, h('div', {}, choice.panels)),
      h('section', { 'aria-label': 'Run' }, state, live.element, log.element),
    ),
    result,
  );
  choice.choose('code');
  form.draw();
  drawCounts();
  update(params);

  function edit(changes) {
    Object.assign(job, changes);
    draft.save(job);
    drawCounts();
  }

  function take(next) {
    job = next;
    draft.save(job);
    code.replace(job.code);
    form.draw();
    drawCounts();
    choice.choose('code');
  }

  /** Whether what is in the editor may go: when it is an example as it was, or when the user says so. */
  async function mayReplace() {
    const known = [...EXAMPLES.map((example) => example.code.trim()), ''];
    return (
      known.includes(job.code.trim()) ||
      confirm('Replace what is in the editor?', 'It is not kept anywhere else, unless it has been run.', 'Replace')
    );
  }

  function drawCounts() {
    for (const [id, title, entries] of [
      ['vars', 'Vars', job.vars],
      ['modules', 'Modules', job.modules],
      ['files', 'Files', job.files ?? {}],
    ]) {
      const size = Object.keys(entries).length;
      put(choice.button(id), title, size > 0 && ' ', size > 0 && h('span', { class: 'count' }, number(size)));
    }
  }

  /** What the address wants: an example, or a job to begin with, and perhaps to run it. */
  async function update(next) {
    const [example, from, wants] = [next.get('example'), next.get('job'), next.has('run')];
    const key = `${example} ${from} ${wants}`;
    if (!(example || from) || key === asked) return;
    asked = key;
    try {
      const source = from ? await api.read(from, signal) : EXAMPLES.find(({ id }) => id === example);
      // Loading the page again neither replaces what was written since nor runs anything.
      change({ example: '', job: '', run: '' }, { replace: true });
      asked = null;
      if (!source || !(await mayReplace())) return;
      take(withoutShownProxy(draftOf(source)));
      if (wants) start();
    } catch (failure) {
      if (!signal.aborted) toast(failure.message, 'wrong');
    }
  }

  async function start() {
    if (running) return;
    const stopping = new AbortController();
    signal.addEventListener('abort', () => stopping.abort());
    running = { uuid: null, stop: stopping };
    const began = performance.now();
    run.disabled = true;
    log.clear();
    log.quiet('Lines appear here as the job writes them.');
    live.clear();
    put(state, badge('waiting'));
    put(result, empty('Running', 'What the code puts into results is shown here when it ends.'));
    try {
      const created = await api.create(newJob(job), stopping.signal);
      running.uuid = created.uuid;
      stop.hidden = false;
      const link = h('a', { class: 'mono', href: href(['jobs', created.uuid]) }, 'Open the job');
      put(state, badge('waiting'), link);
      const add = batch((lines) => log.add(lines));
      await api.follow(
        created.uuid,
        (name, data) => {
          if (name === 'log') add(data);
          live.heard(name, data);
          if (name === 'status' && data.status === 'running') {
            log.clear();
            live.clear();
            put(state, badge('running'), link);
          }
          if (name === 'result') ended(data, link, performance.now() - began);
          if (name === 'deleted') put(state, h('span', { class: 'muted' }, 'The job was deleted.'));
        },
        stopping.signal,
      );
    } catch (failure) {
      if (!stopping.signal.aborted) {
        put(
          state,
          h(
            'span',
            { class: 'state', dataset: { state: 'failed' } },
            failure.tried ? `${failure.tried} failed` : 'It could not be run',
          ),
        );
        put(result, h('div', { class: 'note wrong', role: 'alert' }, h('p', {}, failure.message)));
      }
    }
    running = null;
    run.disabled = false;
    stop.hidden = true;
  }

  function ended(done, link, took) {
    const outcome = stateOf(done);
    log.complete(done.logs);
    live.end('The job was done before its page could be shown.');
    put(
      state,
      badge(outcome),
      h('span', { class: 'muted' }, `ran ${duration(done.duration)}, ${duration(took)} with the way there and back`),
      link,
    );
    const filled = done.results && Object.keys(done.results).length;
    put(
      result,
      done.error && h('div', { class: 'card failure' }, whyItFailed(done)),
      filled
        ? h('div', { class: 'card' }, h('h2', {}, 'Result'), resultTree(done.results, 'result'))
        : !done.error && empty('No results', 'The code put nothing into results.'),
    );
    announce(`The job ${STATES[outcome]}, ${count(log.size, 'line')} of log`);
  }

  async function cancel() {
    if (!running?.uuid) return;
    try {
      await api.cancel(running.uuid);
    } catch (failure) {
      toast(failure.message, 'wrong');
    }
  }

  return { update, keys: { r: () => void start() } };
}
