// Links to the other pages of the list of jobs.

import { href } from '../address.js';
import { h, put } from '../dom.js';
import { exact, number } from '../format.js';
import { wholeSeconds } from './filter.js';

/** The links; `show` draws them for the page `at` of an answer's `meta`, `replace` puts something else in their place. */
export function pageLinks() {
  const element = h('nav', { class: 'row', 'aria-label': 'Pages' });
  return {
    element,
    replace: (...nodes) => put(element, ...nodes),
    show(filter, meta, at) {
      if (!meta || meta.last_page <= 1) return put(element);
      const key = `${filter} ${meta.last_page}`;
      if (element.dataset.key === key && element.hasChildNodes()) return;
      element.dataset.key = key;
      put(
        element,
        at > 1 && link(filter, 1, 'Newest'),
        at > 1 && link(filter, at - 1, 'Newer'),
        h(
          'span',
          { class: 'muted' },
          `Page ${number(at)} of ${number(meta.last_page)}`,
          at > 1 && filter.has('as_of') ? `, as of ${exact(filter.get('as_of'))}` : '',
        ),
        at < meta.last_page && link(filter, at + 1, 'Older'),
        at < meta.last_page && link(filter, meta.last_page, 'Oldest'),
      );
    },
  };
}

function link(filter, target, word) {
  const place = () =>
    href(['jobs'], {
      ...Object.fromEntries(filter),
      page: target > 1 ? target : '',
      as_of: target > 1 ? (filter.get('as_of') ?? wholeSeconds(Date.now())) : '',
    });
  // The moment is that of the click.
  const anchor = h('a', { class: 'button', href: place(), onclick: () => anchor.setAttribute('href', place()) }, word);
  return anchor;
}
