// What a job has beside its code: vars, modules, options. Each change is told at once.

import { h, put } from '../dom.js';
import { editor } from './editor.js';
import { toast } from './notes.js';

/** Entries in their order, with one key changed; the last of two that are the same stays. */
const renamed = (entries, from, to) =>
  Object.fromEntries(Object.entries(entries).map(([key, value]) => [key === from ? to : key, value]));
const without = (entries, gone) => Object.fromEntries(Object.entries(entries).filter(([key]) => key !== gone));
const fresh = (entries, word) => {
  let index = 1;
  while (Object.hasOwn(entries, `${word}${index}`)) index++;
  return `${word}${index}`;
};

/** The panels `{vars, modules, options}` of a job. `job()` is the job of now, `edit(changes)` hears of changes. */
export function jobForm({ job, edit, run }) {
  const panels = {
    vars: h('div', { class: 'pair-list' }),
    modules: h('div', { class: 'pair-list' }),
    options: h('div', { class: 'options' }),
  };

  function draw() {
    drawVars();
    drawModules();
    const field = (name, title, note, most) =>
      h(
        'label',
        { class: 'field' },
        h('span', {}, title),
        h('input', {
          type: 'number',
          min: 1,
          max: most,
          value: job()[name] ?? '',
          placeholder: 'as the executor says',
          onchange: (event) => edit({ [name]: event.target.value ? Number(event.target.value) : undefined }),
        }),
        h('span', {}, note),
      );
    const api = h(
      'select',
      { onchange: () => edit({ api: api.value || undefined }) },
      h('option', { value: '' }, '1.20'),
      h('option', { value: '25' }, '25'),
    );
    api.value = job().api === '25' ? '25' : '';
    const language = h(
      'select',
      { onchange: () => edit({ language: language.value || undefined }) },
      h('option', { value: '' }, 'JavaScript'),
      h('option', { value: 'ts' }, 'TypeScript'),
    );
    language.value = job().language === 'ts' ? 'ts' : '';
    const record = h(
      'select',
      { onchange: () => edit({ record: record.value || undefined }) },
      h('option', { value: '' }, 'As its executor says'),
      h('option', { value: 'failed' }, 'When it does not succeed'),
      h('option', { value: 'always' }, 'Always'),
      h('option', { value: 'never' }, 'Never'),
    );
    record.value = ['failed', 'always', 'never'].includes(job().record) ? job().record : '';
    put(
      panels.options,
      h(
        'label',
        { class: 'field' },
        h('span', {}, 'Puppeteer'),
        api,
        h('span', {}, 'Whose meaning holds where the versions contradict each other.'),
      ),
      h(
        'label',
        { class: 'field' },
        h('span', {}, 'Language'),
        language,
        h('span', {}, 'Of the code. Modules tell by their names.'),
      ),
      h(
        'label',
        { class: 'field' },
        h('span', {}, 'Keep its recording'),
        record,
        h('span', {}, 'Calls, requests and pictures, shown under Trace.'),
      ),
      network('allow', 'May reach', 'public, 10.0.0.0/8, *.example.org:443'),
      network('deny', 'May not reach', 'private, ads.example.org'),
      network('proxy', 'Proxy', 'http://user:password@host:port'),
      field('timeout', 'Longest time to run', 'In seconds.', 86400),
      field('max_attempts', 'Attempts', 'How many executors may begin it before it is given up.', 100),
    );
  }

  /** A field for a member of `network`: rules with commas, or an address. */
  function network(name, title, example) {
    const value = job().network?.[name];
    const text = h('input', {
      value: Array.isArray(value) ? value.join(', ') : (value ?? ''),
      placeholder: example,
      spellcheck: 'false',
      onchange: () => {
        const others = { ...job().network };
        delete others[name];
        const said = text.value.trim();
        const next = name === 'proxy' ? said : said.split(/[\s,]+/).filter(Boolean);
        edit({ network: said ? { ...others, [name]: next } : others });
      },
    });
    const note =
      name === 'proxy' ? 'What the pages’ requests go through.' : 'Rules with commas, within what the executor allows.';
    return h('label', { class: 'field' }, h('span', {}, title), text, h('span', {}, note));
  }

  /** A field for a name that stays unique. */
  function nameField(kind, name, label) {
    const field = h('input', {
      value: name,
      spellcheck: 'false',
      'aria-label': label,
      class: 'mono',
      onchange: () => {
        const next = field.value.trim();
        if (!next || (next !== name && Object.hasOwn(job()[kind], next))) {
          field.value = name;
          return toast(next ? `There is a ${next} already.` : 'A name cannot be empty.', 'wrong');
        }
        edit({ [kind]: renamed(job()[kind], name, next) });
        name = next;
      },
    });
    return { field, name: () => name };
  }

  function drawVars() {
    const rows = Object.entries(job().vars).map(([first, value]) => {
      const { field, name } = nameField('vars', first, 'Name of the var');
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
      const { field, name } = nameField('modules', first, 'Name of the module');
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
