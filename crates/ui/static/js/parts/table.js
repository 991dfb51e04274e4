// A plain table of what is not jobs: a head, rows of cells, and a button for more.

import { h, put } from '../dom.js';
import { wrong } from './notes.js';

/** A table with these titles; a title that begins with `#` is that of numbers. */
export function table(label, titles, rows) {
  const body = h('tbody', {}, rows);
  const element = h(
    'div',
    { class: 'table-frame', tabindex: 0, role: 'region', 'aria-label': label },
    h(
      'table',
      { class: 'list' },
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          titles.map((title) =>
            h('th', { scope: 'col', class: title.startsWith('#') && 'number' }, title.replace('#', '')),
          ),
        ),
      ),
      body,
    ),
  );
  return { element, body };
}

/** A list that is read page by page. `read(after)` gives `{data, next}`, `row` makes a row of an entry. */
export function pages({ label, titles, read, row, nothing, signal }) {
  const { element, body } = table(label, titles, []);
  const more = h('button', { type: 'button', hidden: true, onclick: () => go(more.dataset.after) }, 'More');
  const place = h('div', { class: 'sources' });
  let shown = 0;

  async function go(after) {
    more.disabled = true;
    const { data, next } = await read(after);
    if (signal.aborted) return;
    if (after) body.append(...data.map(row));
    else put(body, data.map(row));
    shown = after ? shown + data.length : data.length;
    if (shown) put(place, element, more);
    else put(place, nothing);
    more.hidden = !next;
    more.disabled = false;
    if (next) more.dataset.after = next;
  }

  const load = () => go(null);

  /** Reads the first page into a place, or says there why it cannot. Whether it is shown. */
  async function showIn(target, retry = () => showIn(target)) {
    try {
      await load();
      put(target, place);
      return true;
    } catch (failure) {
      if (!signal.aborted) put(target, wrong(failure, retry));
      return false;
    }
  }

  return { element: place, load, showIn };
}
