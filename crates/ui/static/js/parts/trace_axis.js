// The time of a recording as an axis, and what took place in it as bars.

import { h, s } from '../dom.js';
import { count, duration } from '../format.js';

/** How long the axis is, in units of its picture. */
export const WIDE = 1000;

/** A time since the job began. */
export const since = (at) => duration(at);

/** When a call ended, or the job when the call did not. */
export const endOf = (call, trace) => (call.duration === null ? trace.ended : call.at + call.duration);

/** Where on the axis a time is. */
export const scaleOf = (trace) => (at) => (Math.min(Math.max(at, 0), trace.ended) / trace.ended) * WIDE;

/** A span of time as a bar that is at least so wide. */
export const barOf = (scale, { y, height, from, to, kind, least }) =>
  s('rect', { y, height, x: scale(from), width: Math.max(least, scale(to) - scale(from)), class: kind });

/** The axis: navigations, calls, requests and messages, with `cursor` behind them. `choose(at)` hears of a click on a time. */
export function timeAxis(trace, requests, cursor, choose) {
  const scale = scaleOf(trace);
  const bar = (y, height, from, to, kind) => barOf(scale, { y, height, from, to, kind, least: 1.5 });
  return h(
    'div',
    { class: 'trace-axis' },
    s(
      'svg',
      {
        viewBox: `0 0 ${WIDE} 60`,
        preserveAspectRatio: 'none',
        role: 'img',
        'aria-label': `${count(trace.calls.length, 'call')} and ${count(requests.length, 'request')} in ${since(trace.ended)}`,
        onclick: (event) => {
          const { left, width } = event.currentTarget.getBoundingClientRect();
          choose(((event.clientX - left) / width) * trace.ended);
        },
      },
      cursor,
      trace.navigations.filter(({ main }) => main).map(({ at }) => bar(0, 60, at, at, 'trace-navigation')),
      trace.calls.map((call) =>
        bar(6 + (call.id % 2) * 10, 8, call.at, endOf(call, trace), call.error ? 'trace-bad' : 'trace-good'),
      ),
      requests.map((request, index) =>
        bar(
          30 + (index % 5) * 4,
          3,
          request.at,
          request.at + request.time,
          request.failed ? 'trace-bad' : 'trace-request',
        ),
      ),
      trace.messages.map(({ at, bad }) => bar(53, 6, at, at, bad ? 'trace-bad' : 'trace-said')),
    ),
    h(
      'div',
      { class: 'trace-ticks', 'aria-hidden': 'true' },
      [0, 0.25, 0.5, 0.75, 1].map((part) => h('span', {}, since(part * trace.ended))),
    ),
  );
}
