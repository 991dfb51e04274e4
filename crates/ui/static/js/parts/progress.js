// How far a batch is: a bar with a part for each state, and the numbers in words.

import { h, s, put } from '../dom.js';
import { number } from '../format.js';
import { mark, STATES } from './states.js';

/** The states in the order of the bar: what is done stands first. */
export const ORDER = ['succeeded', 'failed', 'timed_out', 'given_up', 'expired', 'cancelled', 'running', 'waiting'];
const WIDTH = 1000;

/** The bar alone, of counts by state. */
export function bar(counts) {
  const total = Math.max(
    1,
    Object.values(counts).reduce((sum, count) => sum + count, 0),
  );
  let at = 0;
  const parts = ORDER.filter((state) => counts[state]).map((state) => {
    const width = (counts[state] / total) * WIDTH;
    const part = s('rect', { x: at, y: 0, width, height: 12, class: `fill-${state}` }, s('title', {}, STATES[state]));
    at += width;
    return part;
  });
  return s('svg', { viewBox: `0 0 ${WIDTH} 12`, preserveAspectRatio: 'none', 'aria-hidden': 'true' }, parts);
}

/** The numbers alone. */
export function inWords(counts) {
  const known = ORDER.filter((state) => counts[state]);
  return known.map((state) => `${number(counts[state])} ${STATES[state]}`).join(', ');
}

/** The bar with its numbers, to be drawn again and again. */
export function progress() {
  const element = h('section', { class: 'progress', 'aria-label': 'Progress' });
  return {
    element,
    show(counts) {
      const known = ORDER.filter((state) => counts[state]);
      put(
        element,
        bar(counts),
        h(
          'ul',
          {},
          known.map((state) => h('li', {}, mark(state), ' ', `${number(counts[state])} ${STATES[state]}`)),
        ),
      );
    },
  };
}
