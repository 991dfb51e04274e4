// The batches: how far each is.

import { href } from '../address.js';
import * as api from '../api.js';
import { h, put, visible } from '../dom.js';
import { ago, exact, number, shortId } from '../format.js';
import { empty, skeleton } from '../parts/notes.js';
import { bar, inWords } from '../parts/progress.js';
import { pages } from '../parts/table.js';

const PAGE = 20;

/** Shows all batches. */
export function open(place, { signal }) {
  const content = h('div', {}, skeleton(6));
  const list = pages({
    label: 'Batches',
    titles: ['Batch', 'Progress', 'State', '#Jobs', 'Created'],
    read: (after) => api.entries('batches', { per_page: PAGE, after }, signal),
    row: ({ uuid, name, created_at: created, state, incomplete, cancelled_at: cancelled, accepted, counts }) =>
      h(
        'tr',
        {},
        h(
          'td',
          { class: 'name' },
          h('a', { class: 'mono', href: href(['batches', uuid]), title: uuid }, visible(name ?? shortId(uuid))),
        ),
        h('td', { class: 'bar' }, bar(counts), h('span', { class: 'sr-only' }, inWords(counts))),
        h('td', {}, incomplete ? 'incomplete' : cancelled ? 'cancelled' : state),
        h('td', { class: 'number' }, number(accepted)),
        h('td', { title: exact(created) }, ago(Date.parse(created))),
      ),
    nothing: empty(
      'No batches yet',
      'A batch is up to 10,000 jobs of one request: POST /batches, or puppet-master batch run rows.csv --each.',
      h('a', { class: 'button', href: 'docs' }, 'The API'),
    ),
    signal,
  });
  put(place, h('div', { class: 'heading' }, h('h1', { tabindex: -1 }, 'Batches')), content);
  list.showIn(content);

  return { keys: {} };
}
