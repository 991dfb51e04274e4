// The last hour: how many jobs ended how, by the minute of their creation.
//
// Made of the summaries of the list, the newest few thousand at most.

import { list } from '../api.js';
import { go, href } from '../address.js';
import { h, put, s } from '../dom.js';
import { count, minute, number } from '../format.js';
import { wholeSeconds } from './filter.js';
import { badge, stateOf, STATES } from './states.js';

const MINUTES = 60,
  PAGE = 1000,
  PAGES = 5,
  HEIGHT = 60;

/** The chart, and `refresh(signal)` that brings it up to date. */
export function lastHour() {
  const chart = s('svg', {
    class: 'chart',
    viewBox: `0 0 ${MINUTES * 10} ${HEIGHT}`,
    preserveAspectRatio: 'none',
    role: 'img',
    'aria-label': 'Jobs of the last hour, not known yet',
  });
  const legend = h('div', { class: 'legend' }, h('span', { class: 'muted' }, 'Last hour: not known yet'));
  const ends = h('div', { class: 'ends', 'aria-hidden': 'true' });
  const element = h('section', { class: 'card hour', 'aria-label': 'The last hour' }, chart, ends, legend);

  async function refresh(signal) {
    const now = Date.now();
    const first = Math.floor(now / 60000) - MINUTES + 1;
    const query = { created_from: wholeSeconds(first * 60000), per_page: PAGE };
    const jobs = new Map();
    let total = 0;
    for (let page = 1; page <= PAGES; page++) {
      const { data, meta } = await list({ ...query, page }, signal);
      total = meta.total;
      for (const job of data) jobs.set(job.uuid, job);
      if (page >= meta.last_page) break;
    }
    draw([...jobs.values()], total, first);
  }

  function draw(jobs, total, first) {
    const columns = Array.from({ length: MINUTES }, () => ({}));
    const sums = {};
    for (const job of jobs) {
      const state = stateOf(job);
      const column = columns[Math.floor(Date.parse(job.created_at) / 60000) - first];
      if (column) column[state] = (column[state] ?? 0) + 1;
      sums[state] = (sums[state] ?? 0) + 1;
    }
    const highest = Math.max(1, ...columns.map((column) => Object.values(column).reduce((a, b) => a + b, 0)));
    const bars = columns.map((column, index) => {
      let top = HEIGHT - 1;
      const parts = Object.keys(STATES)
        .filter((state) => column[state])
        .map((state) => {
          const height = Math.max(2, (column[state] / highest) * (HEIGHT - 4));
          top -= height;
          return s('rect', { class: `fill-${state}`, x: index * 10 + 1, width: 8, y: top, height });
        });
      const from = (first + index) * 60000;
      const words =
        Object.entries(column)
          .map(([state, jobs]) => `${jobs} ${STATES[state]}`)
          .join(', ') || 'no jobs';
      const whole = s(
        'rect',
        {
          class: 'slot',
          x: index * 10,
          width: 10,
          y: 0,
          height: HEIGHT,
          onclick: () => go(['jobs'], { from: wholeSeconds(from), to: wholeSeconds(from + 59000) }),
        },
        s('title', {}, `${minute(from)}: ${words}`),
      );
      return [parts, whole];
    });
    put(chart, s('line', { class: 'base', x1: 0, x2: MINUTES * 10, y1: HEIGHT - 0.5, y2: HEIGHT - 0.5 }), bars);
    const known = Object.keys(STATES).filter((state) => sums[state]);
    const words = known.map((state) => `${sums[state]} ${STATES[state]}`).join(', ') || 'no jobs';
    chart.setAttribute('aria-label', `Jobs of the last hour by minute: ${words}`);
    put(
      ends,
      h('span', {}, minute(first * 60000)),
      known.length > 0 && h('span', {}, `at most ${count(highest, 'job')} a minute`),
      h('span', {}, 'now'),
    );
    put(
      legend,
      h(
        'span',
        { class: 'muted' },
        total > jobs.length ? `newest ${number(jobs.length)} of the last hour’s ${number(total)}:` : 'Last hour:',
      ),
      known.map((state) =>
        h(
          'a',
          { href: href(['jobs'], { state, since: '1h' }) },
          badge(state),
          ' ',
          h('span', { class: 'count' }, number(sums[state])),
        ),
      ),
      known.length === 0 && h('span', { class: 'muted' }, 'no jobs'),
    );
  }

  return { element, refresh };
}
