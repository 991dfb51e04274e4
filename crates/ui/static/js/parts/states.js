// How a job stands, as a word, a shape and a colour.

import { h, s } from '../dom.js';

/** Every state with its word, in the order a job passes them. */
export const STATES = {
  waiting: 'waiting',
  running: 'running',
  succeeded: 'succeeded',
  failed: 'failed',
  cancelled: 'cancelled',
  timed_out: 'timed out',
  given_up: 'given up',
  expired: 'expired',
};

/** The state that a job's document tells. */
export function stateOf(job) {
  if (job.status === 'done') return STATES[job.outcome] ? job.outcome : job.error ? 'failed' : 'succeeded';
  return job.running ? 'running' : 'waiting';
}

const line = { fill: 'none', stroke: 'currentColor', 'stroke-width': 2, 'stroke-linecap': 'round' };
const SHAPES = {
  waiting: () => [s('circle', { cx: 8, cy: 8, r: 5.5, ...line })],
  running: () => [
    s('circle', { cx: 8, cy: 8, r: 5.5, ...line, opacity: 0.3 }),
    s('path', { d: 'M8 2.5a5.5 5.5 0 0 1 5.5 5.5', ...line, class: 'ring' }),
  ],
  succeeded: () => [s('circle', { cx: 8, cy: 8, r: 6, fill: 'currentColor' })],
  failed: () => [s('path', { d: 'M3.5 3.5l9 9m0-9l-9 9', ...line, 'stroke-width': 2.5 })],
  cancelled: () => [s('path', { d: 'M3 8h10', ...line, 'stroke-width': 3 })],
  timed_out: () => [
    s('circle', { cx: 8, cy: 8, r: 5.5, ...line }),
    s('path', { d: 'M8 5v3l2 1.5', ...line, 'stroke-width': 1.5 }),
  ],
  given_up: () => [s('path', { d: 'M8 2l6 6-6 6-6-6z', ...line }), s('path', { d: 'M6 8h4', ...line })],
  expired: () => [s('path', { d: 'M4 2.5h8M4 13.5h8M5 3c0 3 6 7 6 10M11 3c0 3-6 7-6 10', ...line, 'stroke-width': 1.5 })],
};

/** The shape of a state; whoever does not see it hears the word. */
export function mark(state, words = STATES[state]) {
  return h(
    'span',
    { class: 'state', dataset: { state }, title: words },
    s('svg', { width: 16, height: 16, viewBox: '0 0 16 16', 'aria-hidden': 'true' }, SHAPES[state]()),
    h('span', { class: 'sr-only' }, words),
  );
}

/** The shape and the word of a state. */
export function badge(state) {
  return h(
    'span',
    { class: 'state', dataset: { state } },
    s('svg', { width: 16, height: 16, viewBox: '0 0 16 16', 'aria-hidden': 'true' }, SHAPES[state]()),
    STATES[state],
  );
}
