// The recording of a job: pictures over a time axis with calls and requests; a call with its line, its picture and the requests
// of its time; the requests as a waterfall. What the files say is text here, and numbers are read as numbers.

import * as api from '../api.js';
import { h, put, s, visible } from '../dom.js';
import { bytes, count, duration } from '../format.js';
import { errorPlace, excerpt } from './failure.js';
import { show } from './media.js';
import { download, empty, skeleton, toast, wrong } from './notes.js';

const FOLDERS = ['trace.recorded/', 'trace/']; // a job that has files of its own in the second has its recording in the first
const STRIP = 16;
const WIDE = 1000; // units of the axis

/** Where a job's recording is among its files; undefined when it has none. */
export function recordingOf(job) {
  return FOLDERS.find((folder) => job.files?.some(({ name }) => name === `${folder}trace.json`));
}

/** Plays a job's recording. `chosen(call)` hears of the user's choice. */
export function tracePlayer(job, signal, chosen) {
  const element = h('div', { class: 'trace' });
  const folder = recordingOf(job);
  let wanted = null;
  let player = null;

  async function load() {
    put(element, skeleton(8));
    try {
      const trace = readTrace(JSON.parse(await (await api.file(job.uuid, `${folder}trace.json`, signal)).text()));
      const hasHar = job.files.some(({ name }) => name === `${folder}network.har`);
      const har = hasHar ? await api.file(job.uuid, `${folder}network.har`, signal) : null;
      player = play(job, trace, har, har ? readHar(JSON.parse(await har.text())) : [], signal, chosen);
      put(element, player.element);
      player.select(wanted);
    } catch (problem) {
      if (signal.aborted) return;
      put(element, wrong(problem, load));
    }
  }

  load();
  return {
    element,
    select(id) {
      wanted = id;
      player?.select(id);
    },
    step: (by) => player?.step(by),
  };
}

const list = (value) => (Array.isArray(value) ? value.filter((item) => item && typeof item === 'object') : []);
const figure = (value) => (Number.isFinite(value) ? value : 0);
const words = (value) => (typeof value === 'string' ? value : '');

function readTrace(trace) {
  const calls = list(trace.calls).map((call) => ({
    id: figure(call.id),
    at: figure(call.at),
    duration: Number.isFinite(call.duration) ? call.duration : null,
    name: words(call.name),
    arguments: list([call.arguments])[0]?.map?.(String) ?? [],
    line: call.line && typeof call.line === 'object' ? call.line : null,
    error: words(call.error),
  }));
  const messages = (some) =>
    list(some).map(({ at, level, text }) => ({ at: figure(at), level: words(level), text: words(text) }));
  const frames = list(trace.frames).map(({ at, file }) => ({ at: figure(at), file: words(file) }));
  const ended = Math.max(1, figure(trace.ended), ...frames.slice(-1).map(({ at }) => at));
  if (words(trace.screenshot)) frames.push({ at: ended, file: trace.screenshot, last: true });
  return {
    calls,
    frames,
    ended,
    began: Date.parse(trace.began_at),
    notes: Array.isArray(trace.notes) ? trace.notes.map(String) : [],
    navigations: list(trace.navigations).map(({ at, url, main }) => ({ at: figure(at), url: words(url), main })),
    messages: [...messages(trace.console), ...messages(trace.page_errors)].sort((one, other) => one.at - other.at),
    html: words(trace.html),
  };
}

function readHar(har) {
  return list(har?.log?.entries).map((entry) => {
    const status = figure(entry.response?.status);
    return {
      at: figure(entry._at),
      time: Math.max(0, figure(entry.time)),
      wait: Math.max(0, figure(entry.timings?.wait)),
      receive: Math.max(0, figure(entry.timings?.receive)),
      method: words(entry.request?.method),
      url: words(entry.request?.url),
      type: words(entry._resourceType),
      status,
      size: Math.max(figure(entry.response?.content?.size), figure(entry.response?._transferSize)),
      error: words(entry.response?._error),
      cache: words(entry._fromCache),
      unfinished: entry._unfinished === true,
      failed: status >= 400 || Boolean(entry.response?._error),
    };
  });
}

/** A time since the job began. */
const since = (at) => duration(at);
const endOf = (call, trace) => (call.duration === null ? trace.ended : call.at + call.duration);

function play(job, trace, harFile, requests, signal, chosen) {
  let current = null;
  const pictures = pictureStore(job.uuid, signal);
  const scale = (at) => (Math.min(Math.max(at, 0), trace.ended) / trace.ended) * WIDE;

  const picture = h('div', { class: 'trace-picture' });
  const details = h('section', { class: 'trace-details', 'aria-label': 'The chosen call' });
  const cursor = s('rect', { class: 'trace-cursor', y: 0, height: 60, x: 0, width: 0 });
  const rows = trace.calls.map((call, index) => callRow(call, index));
  const calls = h(
    'div',
    {
      class: 'trace-calls',
      role: 'listbox',
      tabindex: 0,
      'aria-label': 'Calls',
      onkeydown: (event) => {
        const by = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (by) step(by);
        else if (event.key === 'Home') choose(0);
        else if (event.key === 'End') choose(trace.calls.length - 1);
        else return;
        event.preventDefault();
        event.stopPropagation();
      },
    },
    rows,
  );

  function callRow(call, index) {
    return h(
      'div',
      {
        role: 'option',
        id: `call-${call.id}`,
        'aria-selected': 'false',
        class: `trace-call ${call.error ? 'failed' : call.duration === null ? 'open' : ''}`,
        onclick: () => choose(index),
      },
      h('span', { class: 'trace-name' }, visible(call.name)),
      h('span', { class: 'trace-arguments' }, visible(call.arguments.join(', '))),
      h('span', { class: 'number' }, call.duration === null ? 'no end' : duration(call.duration)),
    );
  }

  function step(by) {
    choose(Math.min(Math.max((current ?? (by > 0 ? -1 : trace.calls.length)) + by, 0), trace.calls.length - 1));
  }

  function choose(index) {
    const call = trace.calls[index];
    if (call) chosen(call.id);
  }

  function select(id) {
    const found = trace.calls.findIndex((call) => String(call.id) === String(id));
    // Without a choice: the first call that failed or did not end, or else the last one.
    const failed = trace.calls.findIndex((call) => call.error || call.duration === null);
    const index = found >= 0 ? found : failed >= 0 ? failed : trace.calls.length - 1;
    rows[current]?.setAttribute('aria-selected', 'false');
    current = index;
    const call = trace.calls[index];
    if (!call) return look(trace.frames.at(-1));
    rows[index].setAttribute('aria-selected', 'true');
    calls.setAttribute('aria-activedescendant', rows[index].id);
    rows[index].scrollIntoView({ block: 'nearest' });
    const from = scale(call.at);
    cursor.setAttribute('x', from);
    cursor.setAttribute('width', Math.max(2, scale(endOf(call, trace)) - from));
    drawDetails(call);
    look(frameOf(call));
  }

  /** The last picture until the call's end, of the last call the one at the end; without one the first after it. */
  function frameOf(call) {
    if (call === trace.calls.at(-1)) return trace.frames.at(-1);
    const end = endOf(call, trace);
    const before = trace.frames.filter(({ at, last }) => at <= end && !last);
    return before.at(-1) ?? trace.frames.find(({ at }) => at > end);
  }

  async function look(frame) {
    if (!frame) return put(picture, h('p', { class: 'muted' }, 'No picture was taken: the job was too short.'));
    const url = await pictures.url(frame.file);
    if (signal.aborted) return;
    const label = frame.last ? 'The page at the end' : `The page after ${since(frame.at)}`;
    put(
      picture,
      h(
        'figure',
        {},
        url ? h('img', { src: url, alt: label }) : h('p', { class: 'muted' }, 'This picture is not there.'),
        h('figcaption', { class: 'muted' }, label),
      ),
    );
    for (const thumb of strip.children) thumb.setAttribute('aria-pressed', String(thumb.dataset.file === frame.file));
  }

  function drawDetails(call) {
    const end = endOf(call, trace);
    const within = requests.filter(({ at, time }) => at <= end && at + time >= call.at);
    const said = trace.messages.filter(({ at }) => at >= call.at && at <= end);
    const place = call.line && errorPlace({ ...job, error_at: call.line });
    put(
      details,
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
      place?.source !== undefined && excerpt(place.source, call.line),
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
          said
            .slice(0, 50)
            .map(({ level, text }) =>
              h('li', { class: level === 'error' || level === 'crash' ? 'trace-error' : '' }, visible(text)),
            ),
        ),
      ],
    );
  }

  const strip = h(
    'div',
    { class: 'trace-strip', role: 'group', 'aria-label': 'Pictures' },
    spread(trace.frames, STRIP).map((frame) => {
      const thumb = h(
        'button',
        {
          type: 'button',
          'aria-pressed': 'false',
          'aria-label': frame.last ? 'The page at the end' : `The page after ${since(frame.at)}`,
          dataset: { file: frame.file },
          onclick: () => look(frame),
        },
        h('span', { class: 'number' }, frame.last ? 'end' : since(frame.at)),
      );
      pictures.url(frame.file).then((url) => url && thumb.prepend(h('img', { src: url, alt: '' })));
      return thumb;
    }),
  );

  const bar = (y, height, from, to, kind) =>
    s('rect', { y, height, x: scale(from), width: Math.max(1.5, scale(to) - scale(from)), class: kind });
  const axis = h(
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
          const at = ((event.clientX - left) / width) * trace.ended;
          choose(
            Math.max(
              0,
              trace.calls.findLastIndex((call) => call.at <= at),
            ),
          );
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
      trace.messages.map(({ at, level }) =>
        bar(53, 6, at, at, level === 'error' || level === 'crash' ? 'trace-bad' : 'trace-said'),
      ),
    ),
    h(
      'div',
      { class: 'trace-ticks', 'aria-hidden': 'true' },
      [0, 0.25, 0.5, 0.75, 1].map((part) => h('span', {}, since(part * trace.ended))),
    ),
  );

  const save = async (file, name) => {
    try {
      download(name, file ?? (await api.file(job.uuid, trace.html, signal)));
    } catch (problem) {
      if (!signal.aborted) toast(problem.message, 'wrong');
    }
  };
  const pageText = h('div', { class: 'view' });
  const htmlButton =
    trace.html &&
    h(
      'button',
      {
        type: 'button',
        class: 'small',
        onclick: async () => {
          htmlButton.disabled = true;
          try {
            const blob = await api.file(job.uuid, trace.html, signal);
            put(
              pageText,
              show({ type: 'text/html', kind: 'page', blob: () => blob.slice(0, blob.size, 'text/html') }, 'page.html'),
            );
          } catch (problem) {
            if (!signal.aborted) toast(problem.message, 'wrong');
            htmlButton.disabled = false;
          }
        },
      },
      'Show its HTML',
    );

  const element = [
    trace.notes.map((note) => h('p', { class: 'card' }, visible(note))),
    h(
      'div',
      { class: 'row' },
      h(
        'span',
        { class: 'muted' },
        `${count(trace.calls.length, 'call')}, ${count(requests.length, 'request')}, ${count(trace.frames.length, 'picture')} in ${since(trace.ended)}`,
      ),
      h('span', { class: 'spring' }),
      htmlButton,
      harFile &&
        h(
          'button',
          { type: 'button', class: 'small', onclick: () => save(harFile, `${job.uuid}.har`) },
          'Download HAR',
        ),
    ),
    trace.frames.length > 0 && strip,
    axis,
    trace.calls.length
      ? h('div', { class: 'trace-stage' }, calls, h('div', { class: 'trace-now' }, picture, details))
      : [empty('No calls', 'The code did nothing with its browser.'), trace.frames.length > 0 && picture],
    pageText,
    waterfall(requests, trace),
  ];
  return { element, select, step };
}

/** As many of the items as fit, the first and the last among them. */
function spread(items, most) {
  if (items.length <= most) return items;
  return Array.from({ length: most }, (_, index) => items[Math.round((index * (items.length - 1)) / (most - 1))]);
}

function statusOf({ status, error, unfinished, cache }) {
  const word = error || (status ? String(status) : unfinished ? 'no answer' : 'none');
  return h(
    'span',
    { class: error || status >= 400 ? 'trace-status failed' : 'trace-status' },
    visible(cache ? `${word}, ${cache}` : word),
  );
}

function shortUrl(url) {
  const text = url.replace(/^https?:\/\//, '');
  return text.length > 120 ? `${text.slice(0, 117)}…` : text;
}

/** The requests as a table, each with its place in time. */
function waterfall(requests, trace) {
  if (!requests.length) return null;
  const scale = (at) => (Math.min(Math.max(at, 0), trace.ended) / trace.ended) * WIDE;
  const rows = requests.map((request) => {
    const answered = Math.max(request.at, request.at + request.time - request.receive);
    return h(
      'tr',
      { class: request.failed && 'failed' },
      h(
        'td',
        { class: 'mono', title: visible(request.url) },
        visible(`${request.method === 'GET' ? '' : `${request.method} `}${shortUrl(request.url)}`),
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
          s('rect', {
            y: 1,
            height: 8,
            x: scale(request.at),
            width: Math.max(3, scale(answered) - scale(request.at)),
            class: 'trace-waiting',
          }),
          s('rect', {
            y: 1,
            height: 8,
            x: scale(answered),
            width: Math.max(3, scale(request.at + request.time) - scale(answered)),
            class: request.failed ? 'trace-bad' : 'trace-request',
          }),
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

/** Pictures of the job by name, each fetched once; let go with the signal. */
function pictureStore(id, signal) {
  const known = new Map();
  signal.addEventListener('abort', () => {
    for (const url of known.values()) url.then((made) => made && URL.revokeObjectURL(made));
  });
  return {
    url(name) {
      if (!known.has(name)) {
        const fetched = api.file(id, name, signal).then(
          (blob) => URL.createObjectURL(blob),
          () => null,
        );
        known.set(name, fetched);
      }
      return known.get(name);
    },
  };
}
