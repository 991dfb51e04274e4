// The options of a job: which Puppeteer, what is recorded, what it may reach and how long.

import { h, put } from '../dom.js';

/** The panel. `job()` is the job of now, `edit(changes)` hears of changes. */
export function jobOptions({ job, edit }) {
  const panel = h('div', { class: 'options' });

  function draw() {
    put(
      panel,
      choice('api', 'Puppeteer', 'Whose meaning holds where the versions contradict each other.', [
        ['', '1.20'],
        ['25', '25'],
      ]),
      choice('language', 'Language', 'Of the code. Modules tell by their names.', [
        ['', 'JavaScript'],
        ['ts', 'TypeScript'],
      ]),
      recording('when', 'Keep its recording', 'Calls, requests and pictures, shown under Trace.', [
        ['', 'As its executor says'],
        ['failed', 'When it does not succeed'],
        ['always', 'Always'],
        ['never', 'Never'],
      ]),
      recording('bodies', 'Bodies in its recording', 'What requests sent and what they were answered with.', [
        ['', 'As its executor says'],
        [true, 'With bodies'],
        [false, 'Without'],
      ]),
      network('allow', 'May reach', 'public, 10.0.0.0/8, *.example.org:443'),
      network('deny', 'May not reach', 'private, ads.example.org'),
      network('proxy', 'Proxy', 'http://user:password@host:port'),
      number('timeout', 'Longest time to run', 'In seconds.', 86400),
      number('max_attempts', 'Attempts', 'How many executors may begin it before it is given up.', 100),
    );
  }

  /** A field for a whole number up to `most`. */
  function number(name, title, note, most) {
    return h(
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
  }

  /** A field for one of some values, each with its words; the first stands for none. */
  function choice(name, title, note, values) {
    return select(title, note, values, job()[name], (value) => edit({ [name]: value }));
  }

  /** A field for a member of `record`, which is a text when it says no more than when. */
  function recording(name, title, note, values) {
    const said = () => (typeof job().record === 'string' ? { when: job().record } : { ...job().record });
    return select(title, note, values, said()[name], (value) => {
      const { when, bodies } = { ...said(), [name]: value };
      edit({ record: bodies === undefined ? when : { when, bodies } });
    });
  }

  function select(title, note, values, chosen, choose) {
    const index = values.findIndex(([value]) => value === chosen);
    const list = h(
      'select',
      { onchange: () => choose(list.selectedIndex > 0 ? values[list.selectedIndex][0] : undefined) },
      values.map(([value, words]) => h('option', { value: String(value) }, words)),
    );
    list.selectedIndex = Math.max(0, index);
    return h('label', { class: 'field' }, h('span', {}, title), list, h('span', {}, note));
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

  return { panel, draw };
}
