// The requests of a recording: a table with a waterfall, and the bodies where they were recorded.

import { h, s, visible } from '../dom.js';
import { bytes, duration } from '../format.js';
import { barOf, scaleOf, WIDE } from './trace_axis.js';

const SHOWN = 20_000; // characters of a body; all of it is in the HAR file

/** How a request ended, in a word. */
export function statusOf({ status, error, unfinished, cache }) {
  const word = error || (status ? String(status) : unfinished ? 'no answer' : 'none');
  return h(
    'span',
    { class: error || status >= 400 ? 'trace-status failed' : 'trace-status' },
    visible(cache ? `${word}, ${cache}` : word),
  );
}

/** An address that fits a line. */
export function shortUrl(url) {
  const text = url.replace(/^https?:\/\//, '');
  return text.length > 120 ? `${text.slice(0, 117)}…` : text;
}

/** The bodies of a request and its answer, to be opened. */
function bodies({ sent, content }) {
  const known = [
    ['Sent', sent],
    ['Answer', content],
  ].filter(([, body]) => body);
  return known.map(([title, { type, text, isBinary }]) =>
    h(
      'details',
      { class: 'trace-body' },
      h('summary', {}, title, ' ', h('span', { class: 'muted' }, visible(type))),
      isBinary
        ? h('p', { class: 'muted' }, 'Not a text. It is in the HAR file.')
        : h('pre', { tabindex: 0 }, visible(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text)),
    ),
  );
}

/** The requests as a table, each with its place in time. */
export function waterfall(requests, trace) {
  if (!requests.length) return null;
  const scale = scaleOf(trace);
  const bar = (from, to, kind) => barOf(scale, { y: 1, height: 8, from, to, kind, least: 3 });
  const rows = requests.map((request) => {
    const answered = Math.max(request.at, request.at + request.time - request.receive);
    return h(
      'tr',
      { class: request.failed && 'failed' },
      h(
        'td',
        { class: 'mono', title: visible(request.url) },
        visible(`${request.method === 'GET' ? '' : `${request.method} `}${shortUrl(request.url)}`),
        bodies(request),
      ),
      h('td', {}, statusOf(request)),
      h('td', { class: 'muted' }, visible(request.type)),
      h('td', { class: 'number' }, request.size ? bytes(request.size) : ''),
      h('td', { class: 'number' }, duration(request.time)),
      h(
        'td',
        { class: 'trace-bars' },
        s(
          'svg',
          { viewBox: `0 0 ${WIDE} 10`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
          bar(request.at, answered, 'trace-waiting'),
          bar(answered, request.at + request.time, request.failed ? 'trace-bad' : 'trace-request'),
        ),
      ),
    );
  });
  const heads = ['Request', 'Status', 'Type', 'Size', 'Time', 'Waterfall'];
  return h(
    'section',
    {},
    h('h2', {}, 'Network'),
    h(
      'div',
      { class: 'table-frame trace-network', tabindex: 0, role: 'region', 'aria-label': 'Network' },
      h(
        'table',
        {},
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            heads.map((title) =>
              h('th', { scope: 'col', class: (title === 'Size' || title === 'Time') && 'number' }, title),
            ),
          ),
        ),
        h('tbody', {}, rows),
      ),
    ),
  );
}
