// Results as a tree: opened step by step, so that megabytes of it cost what is looked at.

import { h, visible } from '../dom.js';
import { count, number } from '../format.js';
import { detect, show } from './media.js';
import { copy, download } from './notes.js';

const STEP = 100;
const LONG = 400;
/** Fewer entries than this are open at once. */
const FEW = 30;

/** The results of a job. */
export function resultTree(results, name) {
  const text = () => JSON.stringify(results, null, 2);
  const bar = h(
    'div',
    { class: 'row' },
    h('span', { class: 'muted' }, count(Object.keys(results).length, 'entry', 'entries')),
    h('span', { class: 'spring' }),
    h('button', { type: 'button', class: 'small', onclick: () => copy(text(), 'Result') }, 'Copy as JSON'),
    h(
      'button',
      { type: 'button', class: 'small', onclick: () => download(`${name}.json`, text(), 'application/json') },
      'Download as JSON',
    ),
  );
  return h('div', { class: 'sources' }, bar, branch(Object.entries(results), { list: 'tree' }));
}

/** A list of entries, a hundred at a step. */
function branch(entries, { list } = {}) {
  const element = h('ul', { class: list });
  let shown = 0;
  const more = () => {
    const next = entries.slice(shown, shown + STEP);
    shown += next.length;
    element.append(...next.map(([key, value]) => h('li', {}, entry(key, value, entries.length <= FEW))));
    if (shown < entries.length) {
      const item = h(
        'li',
        {},
        h(
          'button',
          { type: 'button', class: 'small', onclick: () => (item.remove(), more()) },
          `Show more: ${number(entries.length - shown)} are left`,
        ),
      );
      element.append(item);
    }
  };
  more();
  return element;
}

function entry(key, value, open) {
  const label = h('span', { class: 'key' }, visible(key), ': ');
  if (value !== null && typeof value === 'object') return container(key, label, value, open);
  if (typeof value === 'string') return string(key, label, value);
  const kind = typeof value === 'number' ? 'number' : 'word';
  return h('div', { class: 'leaf' }, label, h('span', { class: `value ${kind}` }, String(value)));
}

function string(key, label, value) {
  const media = detect(value);
  if (media) {
    const text = h(
      'details',
      {
        ontoggle: () =>
          text.children.length === 1 &&
          text.append(h('p', { class: 'value string' }, visible(value.slice(0, LONG)), value.length > LONG && '…')),
      },
      h('summary', { class: 'muted' }, 'as text'),
    );
    return h('div', {}, h('div', { class: 'leaf' }, label), show(media, key), h('div', { class: 'leaf' }, text));
  }
  const words = h(
    'span',
    { class: 'value string' },
    `“${visible(value.slice(0, LONG))}${value.length > LONG ? '…' : ''}”`,
  );
  if (value.length <= LONG) return h('div', { class: 'leaf' }, label, words);
  const all = h(
    'button',
    { type: 'button', class: 'small', onclick: () => (words.replaceChildren(`“${visible(value)}”`), all.remove()) },
    `Show all ${count(value.length, 'character')}`,
  );
  return h(
    'div',
    { class: 'leaf' },
    label,
    words,
    h(
      'span',
      { class: 'tools' },
      all,
      h('button', { type: 'button', class: 'small', onclick: () => copy(value, key) }, 'Copy'),
      h(
        'button',
        { type: 'button', class: 'small', onclick: () => download(`${key}.txt`, value, 'text/plain') },
        'Download',
      ),
    ),
  );
}

function container(key, label, value, open) {
  const entries = Object.entries(value);
  const sign = Array.isArray(value) ? `[${number(entries.length)}]` : `{${number(entries.length)}}`;
  if (!entries.length)
    return h('div', { class: 'leaf' }, label, h('span', { class: 'value muted' }, Array.isArray(value) ? '[]' : '{}'));
  const columns = tableColumns(value);
  const place = h(
    'details',
    {
      ontoggle: () => {
        if (place.open && place.children.length === 1)
          place.append(columns ? grid(value, columns, key) : branch(entries));
      },
    },
    h('summary', {}, label, h('span', { class: 'muted' }, sign, columns && ' as a table')),
  );
  place.open = open;
  return place;
}

/** The columns of a list of objects; null when it is no such list. */
function tableColumns(value) {
  if (!Array.isArray(value) || value.length < 2) return null;
  const sample = value.slice(0, STEP);
  if (!sample.every((row) => row && typeof row === 'object' && !Array.isArray(row))) return null;
  const columns = [...new Set(sample.flatMap(Object.keys))];
  return columns.length && columns.length <= 40 ? columns : null;
}

function grid(rows, columns, key) {
  const body = h('tbody');
  let shown = 0;
  const more = h('button', { type: 'button', class: 'small', onclick: add });
  const numeric = new Set(
    columns.filter((column) => rows.slice(0, STEP).every((row) => typeof row[column] === 'number')),
  );
  function add() {
    const next = rows.slice(shown, shown + STEP);
    body.append(
      ...next.map((row, index) =>
        h(
          'tr',
          {},
          h('td', { class: 'number muted' }, String(shown + index)),
          columns.map((column) => {
            const value = row?.[column];
            const text = value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
            return h(
              'td',
              { class: numeric.has(column) && 'number', title: text.length > 40 ? text.slice(0, 1000) : null },
              visible(text.slice(0, 200)),
            );
          }),
        ),
      ),
    );
    shown += next.length;
    more.hidden = shown >= rows.length;
    more.textContent = `Show more: ${number(rows.length - shown)} are left`;
  }
  add();
  const asTree = h(
    'button',
    { type: 'button', class: 'small', onclick: () => element.replaceWith(branch(Object.entries(rows))) },
    'As a tree',
  );
  const element = h(
    'div',
    {},
    h(
      'div',
      { class: 'grid-frame', tabindex: 0, role: 'region', 'aria-label': `Table ${key}` },
      h(
        'table',
        {},
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            h('th', { scope: 'col' }, '#'),
            columns.map((column) => h('th', { scope: 'col', class: numeric.has(column) && 'number' }, visible(column))),
          ),
        ),
        body,
      ),
    ),
    h(
      'div',
      { class: 'row leaf' },
      more,
      asTree,
      h(
        'button',
        { type: 'button', class: 'small', onclick: () => download(`${key}.csv`, csv(rows, columns), 'text/csv') },
        'Download as CSV',
      ),
    ),
  );
  return element;
}

/** https://www.rfc-editor.org/rfc/rfc4180 */
function csv(rows, columns) {
  const field = (value) => {
    const text = value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns.map(field), ...rows.map((row) => columns.map((column) => field(row?.[column])))]
    .map((line) => `${line.join(',')}\r\n`)
    .join('');
}
