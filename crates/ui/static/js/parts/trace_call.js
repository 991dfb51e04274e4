// A call of a recording, in full.

import { h, visible } from '../dom.js';
import { count, duration } from '../format.js';
import { errorPlace, excerpt } from './failure.js';
import { endOf, since } from './trace_axis.js';
import { shortUrl, statusOf } from './trace_network.js';

/** What is known of a call: its arguments, its error and place, and what went on while it ran. */
export function callDetails(call, job, trace, requests) {
  const end = endOf(call, trace);
  const within = requests.filter(({ at, time }) => at <= end && at + time >= call.at);
  const said = trace.messages.filter(({ at }) => at >= call.at && at <= end);
  const place = call.line && errorPlace({ ...job, error_at: call.line });
  return [
    h(
      'div',
      { class: 'row' },
      h('h2', { class: 'mono' }, visible(call.name)),
      h(
        'span',
        { class: 'muted' },
        `after ${since(call.at)}, ${call.duration === null ? 'did not end' : `took ${duration(call.duration)}`}`,
      ),
    ),
    call.arguments.length > 0 &&
      h('pre', { class: 'trace-argument', tabindex: 0 }, visible(call.arguments.join('\n'))),
    call.error && h('p', { class: 'trace-error' }, visible(call.error)),
    place?.source !== undefined && excerpt(place.source, call.line, `Code of the call, line ${call.line.line}`),
    place && h('span', { class: 'muted' }, visible(place.words)),
    h('h3', {}, count(within.length, 'request in this time', 'requests in this time')),
    within.length > 0 &&
      h(
        'ul',
        { class: 'trace-within' },
        within.slice(0, 50).map((request) => h('li', {}, statusOf(request), ' ', visible(shortUrl(request.url)))),
        within.length > 50 && h('li', { class: 'muted' }, `and ${within.length - 50} more`),
      ),
    said.length > 0 && [
      h('h3', {}, 'The page said'),
      h(
        'ul',
        { class: 'trace-within' },
        said.slice(0, 50).map(({ bad, text }) => h('li', { class: bad ? 'trace-error' : '' }, visible(text))),
      ),
    ],
  ];
}
