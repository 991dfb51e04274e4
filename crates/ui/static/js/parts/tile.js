// A number of the fleet.

import { h, s, say } from '../dom.js';

const KEPT = 60; // of each number's history

/** A number with its meaning and what it was lately. */
export function tile(title, target) {
  const [value, note] = [h('b', {}, '–'), h('span', { class: 'muted' })];
  const line = s('polyline', {});
  const past = [];
  const element = h(
    'div',
    { class: 'card tile' },
    target ? h('a', { href: target }, title) : h('span', {}, title),
    value,
    note,
    s('svg', { viewBox: `0 0 ${KEPT} 24`, preserveAspectRatio: 'none', 'aria-hidden': 'true' }, line),
  );
  return {
    element,
    show(size, text, words) {
      say(value, text);
      say(note, words);
      past.push(size);
      if (past.length > KEPT) past.shift();
      const highest = Math.max(1, ...past);
      line.setAttribute(
        'points',
        past.map((each, index) => `${index},${(22 - (each / highest) * 20).toFixed(1)}`).join(' '),
      );
    },
  };
}
