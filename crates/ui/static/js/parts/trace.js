// The recording of a job: pictures over a time axis with calls and requests; a call with its line, its picture and the requests
// of its time; the requests as a waterfall.

import * as api from '../api.js';
import { h, put, s, visible } from '../dom.js';
import { count, duration } from '../format.js';
import { show } from './media.js';
import { download, empty, skeleton, toast, wrong } from './notes.js';
import { endOf, scaleOf, since, timeAxis } from './trace_axis.js';
import { callDetails } from './trace_call.js';
import { pictureStore, readHar, readTrace, recordingOf } from './trace_files.js';
import { waterfall } from './trace_network.js';

const STRIP = 16; // pictures at most

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

const labelOf = (frame) => (frame.last ? 'The page at the end' : `The page after ${since(frame.at)}`);

function play(job, trace, harFile, requests, signal, chosen) {
  let current = null;
  const pictures = pictureStore(job.uuid, signal);
  const scale = scaleOf(trace);

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
    put(details, callDetails(call, job, trace, requests));
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
    const label = labelOf(frame);
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

  const strip = h(
    'div',
    { class: 'trace-strip', role: 'group', 'aria-label': 'Pictures' },
    spread(trace.frames, STRIP).map((frame) => {
      const thumb = h(
        'button',
        {
          type: 'button',
          'aria-pressed': 'false',
          'aria-label': labelOf(frame),
          dataset: { file: frame.file },
          onclick: () => look(frame),
        },
        h('span', { class: 'number' }, frame.last ? 'end' : since(frame.at)),
      );
      pictures.url(frame.file).then((url) => url && thumb.prepend(h('img', { src: url, alt: '' })));
      return thumb;
    }),
  );

  const pageText = h('div', { class: 'view' });
  const htmlButton = trace.html && pageHtml(job, trace.html, pageText, signal);
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
          { type: 'button', class: 'small', onclick: () => download(`${job.uuid}.har`, harFile) },
          'Download HAR',
        ),
    ),
    trace.frames.length > 0 && strip,
    timeAxis(trace, requests, cursor, (at) =>
      choose(
        Math.max(
          0,
          trace.calls.findLastIndex((call) => call.at <= at),
        ),
      ),
    ),
    trace.calls.length
      ? h('div', { class: 'trace-stage' }, calls, h('div', { class: 'trace-now' }, picture, details))
      : [empty('No calls', 'The code did nothing with its browser.'), trace.frames.length > 0 && picture],
    pageText,
    waterfall(requests, trace),
  ];
  return { element, select, step };
}

/** A button that shows the page's HTML in a place. */
function pageHtml(job, file, place, signal) {
  const button = h(
    'button',
    {
      type: 'button',
      class: 'small',
      onclick: async () => {
        button.disabled = true;
        try {
          const blob = await api.file(job.uuid, file, signal);
          put(
            place,
            show({ type: 'text/html', kind: 'page', blob: () => blob.slice(0, blob.size, 'text/html') }, 'page.html'),
          );
        } catch (problem) {
          if (!signal.aborted) toast(problem.message, 'wrong');
          button.disabled = false;
        }
      },
    },
    'Show its HTML',
  );
  return button;
}

/** As many of the items as fit, the first and the last among them. */
function spread(items, most) {
  if (items.length <= most) return items;
  return Array.from({ length: most }, (_, index) => items[Math.round((index * (items.length - 1)) / (most - 1))]);
}
