// One script in one of its versions: its code, what jobs get with it, and ways to run it and to write the next version.

import { change, go } from '../address.js';
import * as api from '../api.js';
import { h, put, visible } from '../dom.js';
import { ago, bytes, exact, number } from '../format.js';
import { dialogForm, field, parsed } from '../parts/dialog_form.js';
import { fact, headingOf, removeAsked, unreadable } from '../parts/entry.js';
import { confirm, skeleton, toast } from '../parts/notes.js';
import { table } from '../parts/table.js';

/** Shows the script of a name. */
export function open(place, { id: name, params, signal }) {
  const actions = h('div', { class: 'actions' });
  const content = h('div', { class: 'sources' }, skeleton(8));
  let script = null;
  let writing = null; // the editor
  put(place, headingOf(name, actions), content);
  load(params);

  async function load(params) {
    const version = params.get('version');
    try {
      script = await api.entry('scripts', name, { params: version ? { version } : {}, signal });
    } catch (failure) {
      if (signal.aborted) return;
      if (failure.status !== 404 || params.get('edit') !== 'new') {
        put(content, unreadable(failure, 'script', 'scripts', () => load(params)));
        return;
      }
      script = null;
    }
    await (params.get('edit') ? write() : draw());
  }

  /** Writes the version after this one. */
  async function write() {
    const { scriptEditor } = await import('../parts/script_editor.js');
    if (signal.aborted) return;
    const save = h('button', { type: 'button', class: 'primary', title: 'Ctrl Enter', onclick: () => writing.send() }, 'Save');
    writing = scriptEditor(script, async (body) => {
      save.disabled = true;
      try {
        const { version } = await api.putEntry('scripts', name, body);
        toast(`Version ${number(version)} stored`);
        leave();
      } finally {
        save.disabled = false;
      }
    });
    put(actions, save, h('button', { type: 'button', onclick: discard }, 'Discard'));
    put(content, writing.element);
  }

  async function discard() {
    if (writing.isChanged() && !(await confirm('Discard what you wrote?', 'It is kept nowhere else.', 'Discard'))) return;
    if (script) leave();
    else go(['scripts']);
  }

  /** To the latest version. */
  function leave() {
    writing = null;
    change({ edit: '', version: '' }, { replace: true });
  }

  async function draw() {
    const { version, latest, owner, updated_at: updated, job, vars_schema: schema, input_files: files } = script;
    const { code = '', modules = {}, ...options } = job;
    const { source } = await import('../parts/editor.js');
    if (signal.aborted) return;
    const versions = h(
      'select',
      { 'aria-label': 'Version', onchange: () => change({ version: versions.value === String(latest) ? '' : versions.value }) },
      Array.from({ length: Math.min(latest, 200) }, (_, index) => latest - index).map((number) =>
        h('option', { value: number }, `Version ${number}${number === latest ? ' (latest)' : ''}`),
      ),
    );
    versions.value = version;
    put(
      actions,
      versions,
      h('button', { type: 'button', class: 'primary', onclick: run }, 'Run'),
      h('button', { type: 'button', onclick: () => change({ edit: 1 }) }, 'Edit'),
      h('button', { type: 'button', class: 'danger apart', onclick: remove }, 'Delete'),
    );
    const json = (title, value) =>
      h('section', {}, h('h2', {}, title), h('pre', { class: 'json', tabindex: 0 }, visible(JSON.stringify(value, null, 2))));
    put(
      content,
      h(
        'dl',
        { class: 'facts' },
        fact('Version', `${number(version)} of ${number(latest)}`),
        fact('Written', ago(Date.parse(updated)), exact(updated)),
        fact('Owner', owner && visible(owner)),
      ),
      source({ label: 'Code', doc: code }),
      files &&
        h(
          'section',
          {},
          h('h2', {}, 'Files of its jobs'),
          table(
            'Files of its jobs',
            ['Name', '#Size'],
            files.map((file) =>
              h(
                'tr',
                {},
                h('td', { class: 'name mono' }, visible(file.name)),
                h('td', { class: 'number' }, bytes(file.bytes)),
              ),
            ),
          ).element,
        ),
      Object.entries(modules).map(([module, text]) => source({ label: `Module ${module}`, doc: text })),
      Object.keys(options).length > 0 && json('What its jobs have', options),
      schema && json('Schema of its vars', schema),
    );
  }

  async function run() {
    let job = null;
    const vars = JSON.stringify(script.job.vars ?? {}, null, 2);
    const fields = [field('vars', 'Vars', { value: vars, long: 8, note: 'An object of texts as JSON.' })];
    await dialogForm(`Run ${visible(name)}`, fields, 'Run', async (given) => {
      const body = { vars: parsed(given.vars, 'What you wrote') ?? {} };
      const verb = script.version === script.latest ? 'jobs' : `jobs?version=${script.version}`;
      job = await api.act('scripts', name, verb, body);
    });
    if (job) go(['jobs', job.uuid]);
  }

  function remove() {
    const text = 'All its versions are gone. Jobs that ran it stay; schedules that run it make no more jobs.';
    return removeAsked('scripts', name, text, 'Script deleted');
  }

  return {
    update: load,
    keys: {
      r: () => (script && !writing ? void run() : false),
      e: () => (script && !writing ? void change({ edit: 1 }) : false),
    },
  };
}
