// A button that opens a few choices.

import { h } from '../dom.js';

/** A menu of `[title, what it does]`; it closes when one is chosen, at Escape, and when the focus goes elsewhere. */
export function menu(title, entries) {
  const element = h(
    'details',
    { class: 'menu' },
    h('summary', {}, title),
    h(
      'div',
      {},
      entries.map(([name, does]) =>
        h('button', { type: 'button', onclick: () => ((element.open = false), does()) }, name),
      ),
    ),
  );
  element.addEventListener(
    'keydown',
    (event) => event.key === 'Escape' && ((element.open = false), element.firstChild.focus()),
  );
  element.addEventListener(
    'focusout',
    (event) => element.contains(event.relatedTarget) || (event.relatedTarget && (element.open = false)),
  );
  return element;
}
