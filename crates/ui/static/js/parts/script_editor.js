// Writes a version of a script: its code, what its jobs have beside it, and the schema of their vars.

import { h, put } from '../dom.js';
import { number } from '../format.js';
import { parsed } from './dialog_form.js';
import { editor } from './editor.js';
import { jobForm } from './job_form.js';
import { filesOf } from './schedule_form.js';
import { tabs } from './tabs.js';

const FIRST = "await page.goto(vars.url);\nresults.title = await page.title();\n";
const PARTS = [
  ['code', 'Code'],
  ['vars', 'Vars'],
  ['modules', 'Modules'],
  ['files', 'Files'],
  ['options', 'Options'],
  ['schema', 'Schema'],
];

/** The script as it is written here. Files stay as they are in the gateway's store. */
const draftOf = (script) =>
  structuredClone({ code: '', vars: {}, modules: {}, ...(script ? { ...script.job, ...filesOf(script) } : { code: FIRST }) });

/** What the gateway is to store; what says nothing is left out. */
function body(job, schema) {
  const said = Object.entries(job).filter(
    ([, value]) => value !== undefined && (typeof value !== 'object' || value === null || Object.keys(value).length > 0),
  );
  const told = parsed(schema, 'The schema');
  return { ...Object.fromEntries(said), code: job.code, ...(told === undefined ? {} : { vars_schema: told }) };
}

/** An editor for `script`, or for a new one. `save(body)` is called to store it; `element` is to be shown, `send` stores. */
export function scriptEditor(script, save) {
  const job = draftOf(script);
  let schema = script?.vars_schema ? JSON.stringify(script.vars_schema, null, 2) : '';
  let changed = false;
  const trouble = h('p', { class: 'wrong', role: 'alert', hidden: true });

  const note = () => {
    changed = true;
    drawCounts();
  };
  const edit = (changes) => {
    Object.assign(job, changes);
    note();
  };
  const form = jobForm({ job: () => job, edit, run: send });
  const code = editor({
    label: 'Code of the script',
    doc: job.code,
    changed: (text) => edit({ code: text }),
    run: send,
    vars: () => Object.keys(job.vars),
  });
  const rules = editor({
    label: 'Schema of the vars',
    doc: schema,
    changed: (text) => {
      schema = text;
      note();
    },
    run: send,
  });
  const panels = {
    ...form.panels,
    code: h(
      'div',
      {},
      code.element,
      h('p', { class: 'hint' }, h('kbd', {}, 'Ctrl Enter'), ' stores it as a new version. Versions before it stay.'),
    ),
    schema: h(
      'div',
      {},
      h('p', { class: 'muted' }, 'A JSON Schema that the vars of each job must fit. Vars are texts. None is needed.'),
      rules.element,
    ),
  };
  const choice = tabs(
    'Parts of the script',
    PARTS.map(([id, title]) => ({ id, title, panel: panels[id] })),
    (id) => choice.choose(id),
  );
  choice.choose('code');
  form.draw();
  drawCounts();

  function drawCounts() {
    for (const [id, title] of PARTS.slice(1, 4)) {
      const size = Object.keys(typeof job[id] === 'object' ? job[id] : {}).length;
      put(choice.button(id), title, size > 0 && ' ', size > 0 && h('span', { class: 'count' }, number(size)));
    }
  }

  async function send() {
    trouble.hidden = true;
    try {
      await save(body(job, schema));
    } catch (failure) {
      trouble.hidden = false;
      trouble.textContent = failure.message;
    }
  }

  const element = h('section', { class: 'writing', 'aria-label': 'Script' }, trouble, choice.list, h('div', {}, choice.panels));
  return { element, send, isChanged: () => changed };
}
