// What a job has beside its code: vars, modules, options. Each change is told at once.

import { h, put } from '../dom.js';
import { editor } from './editor.js';
import { fileForm } from './file_form.js';
import { jobOptions } from './job_options.js';
import { nameField, without } from './name_field.js';

const fresh = (entries, word) => {
  let index = 1;
  while (Object.hasOwn(entries, `${word}${index}`)) index++;
  return `${word}${index}`;
};

/** The panels `{vars, modules, files, options}` of a job. `job()` is the job of now, `edit(changes)` hears of changes. */
export function jobForm({ job, edit, run }) {
  const panels = {
    vars: h('div', { class: 'pair-list' }),
    modules: h('div', { class: 'pair-list' }),
  };
  const files = fileForm({ job, edit });
  panels.files = files.panel;
  const options = jobOptions({ job, edit });
  panels.options = options.panel;

  function draw() {
    drawVars();
    drawModules();
    files.draw();
    options.draw();
  }

  /** The field for the name of an entry of `kind`. */
  const nameOf = (kind, name, label) =>
    nameField({ entries: () => job()[kind], name, label, changed: (next) => edit({ [kind]: next }) });

  function drawVars() {
    const rows = Object.entries(job().vars).map(([first, value]) => {
      const { field, name } = nameOf('vars', first, 'Name of the var');
      const text = h('textarea', {
        rows: Math.min(8, Math.max(2, value.split('\n').length)),
        'aria-label': `Value of ${first}`,
        value,
        spellcheck: 'false',
        oninput: () => edit({ vars: { ...job().vars, [name()]: text.value } }),
      });
      return h(
        'div',
        { class: 'pair' },
        field,
        text,
        h(
          'button',
          {
            type: 'button',
            'aria-label': `Remove ${first}`,
            onclick: () => (edit({ vars: without(job().vars, name()) }), drawVars()),
          },
          'Remove',
        ),
      );
    });
    put(
      panels.vars,
      h('p', { class: 'muted' }, 'The code sees these texts as ', h('code', {}, 'vars.name'), '.'),
      rows,
      h(
        'div',
        {},
        h(
          'button',
          {
            type: 'button',
            onclick: () => {
              edit({ vars: { ...job().vars, [fresh(job().vars, 'var')]: '' } });
              drawVars();
              [...panels.vars.querySelectorAll('input')].at(-1).select();
            },
          },
          'Add a var',
        ),
      ),
    );
  }

  function drawModules() {
    const parts = Object.entries(job().modules).map(([first, text]) => {
      const { field, name } = nameOf('modules', first, 'Name of the module');
      const source = editor({
        label: `Module ${first}`,
        doc: text,
        run,
        changed: (next) => edit({ modules: { ...job().modules, [name()]: next } }),
        vars: () => Object.keys(job().vars),
      });
      return h(
        'div',
        { class: 'module' },
        h(
          'div',
          { class: 'row' },
          field,
          h('span', { class: 'spring' }),
          h(
            'button',
            {
              type: 'button',
              'aria-label': `Remove ${first}`,
              onclick: () => (edit({ modules: without(job().modules, name()) }), drawModules()),
            },
            'Remove',
          ),
        ),
        source.element,
      );
    });
    put(
      panels.modules,
      h('p', { class: 'muted' }, 'The code imports these by name: ', h('code', {}, "import { … } from 'name'"), '.'),
      parts,
      h(
        'div',
        {},
        h(
          'button',
          {
            type: 'button',
            onclick: () => {
              const name = fresh(job().modules, 'module');
              edit({ modules: { ...job().modules, [name]: "export const hello = () => 'hello';\n" } });
              drawModules();
            },
          },
          'Add a module',
        ),
      ),
    );
  }

  return { panels, draw };
}
