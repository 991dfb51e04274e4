// A log of up to tens of thousands of lines: levels, times, search, and the end in sight while it grows.
//
// All lines are in the document, so that the browser's own search and a screen reader find them. They lie in chunks that
// the browser lays out only when they come near: https://drafts.csswg.org/css-contain/#content-visibility

import { h, put, say, visible } from '../dom.js';
import { clock, count, exact, number } from '../format.js';
import { copy, download } from './notes.js';

const CHUNK = 200;
const LEVELS = ['DEBUG', 'INFO', 'WARN', 'ERROR'];
/** A longer message shows its first line until it is opened. */
const FOLD_LINES = 6,
  FOLD_CHARACTERS = 2000;
const MOST_MARKS = 2000;

/** An empty log, which `add(lines)`, `clear()` and `complete(lines)` change. */
export function logView({ name = 'log' } = {}) {
  let lines = []; // {time, level, message, row}
  let begin = null;
  let since = true;
  let hidden = new Set();
  let text = '';
  let follow = true;
  const counts = Object.fromEntries(LEVELS.map((level) => [level, { lines: 0, place: h('span', { class: 'count' }) }]));

  const boxes = LEVELS.map((level) =>
    h(
      'label',
      { class: 'check' },
      h('input', {
        type: 'checkbox',
        checked: true,
        onchange: (event) => {
          event.target.checked ? hidden.delete(level) : hidden.add(level);
          sift();
        },
      }),
      level.toLowerCase(),
      counts[level].place,
    ),
  );
  let typing;
  const search = h('input', {
    type: 'search',
    placeholder: 'Search the log',
    'aria-label': 'Search the log',
    spellcheck: 'false',
    oninput: () => {
      clearTimeout(typing);
      typing = setTimeout(() => {
        text = search.value.toLowerCase();
        sift();
      }, 120);
    },
  });
  const found = h('span', { class: 'muted', role: 'status' });
  const times = h(
    'button',
    {
      type: 'button',
      class: 'small',
      onclick: () => {
        since = !since;
        say(times, since ? 'Time of day' : 'Since start');
        for (const line of lines) when(line);
      },
    },
    'Time of day',
  );
  const end = h(
    'button',
    { type: 'button', class: 'small', onclick: () => ((follow = true), box.scrollTo(0, box.scrollHeight)) },
    'To the end',
  );
  const asText = () => lines.map(({ time, level, message }) => `${time} ${level.padEnd(5)} ${message}\n`).join('');
  const tools = h(
    'div',
    { class: 'tools' },
    boxes,
    search,
    found,
    h('span', { class: 'spring' }),
    times,
    end,
    h('button', { type: 'button', class: 'small', onclick: () => copy(asText(), 'Log') }, 'Copy'),
    h(
      'button',
      { type: 'button', class: 'small', onclick: () => download(`${name}.log`, asText(), 'text/plain') },
      'Download',
    ),
  );
  const quiet = h('p', { class: 'quiet' }, 'Nothing is logged yet.');
  const box = h(
    'div',
    {
      class: 'lines',
      tabindex: 0,
      role: 'region',
      'aria-label': 'Lines of the log',
      onscroll: () => {
        follow = box.scrollTop + box.clientHeight >= box.scrollHeight - 24;
      },
    },
    quiet,
  );
  const element = h('section', { class: 'log', 'aria-label': 'Log' }, tools, box);

  function when({ time, row }) {
    const place = row.children[1];
    const at = Date.parse(time);
    say(place, since ? `+${((at - begin) / 1000).toFixed(3)}` : clock(at));
    place.title = exact(at);
  }

  function message(line) {
    const words = visible(line.message);
    const rows = words.split('\n');
    if (rows.length <= FOLD_LINES && words.length <= FOLD_CHARACTERS) return words;
    const rest =
      rows.length > FOLD_LINES
        ? `… ${number(rows.length - 1)} more lines`
        : `… ${count(words.length, 'character')} in all`;
    return h(
      'details',
      {
        ontoggle: (event) => {
          if (event.target.open && event.target.children.length === 1) event.target.append(words);
        },
      },
      h('summary', {}, rows[0].slice(0, 200), ' ', h('span', { class: 'muted' }, rest)),
    );
  }

  const fits = (line) => !hidden.has(line.level) && (!text || line.message.toLowerCase().includes(text));

  /** Shows what fits levels and search, and marks what was searched. */
  function sift() {
    let shown = 0;
    for (const line of lines) {
      const on = fits(line);
      shown += on;
      if (line.row.hidden === on) line.row.hidden = !on;
    }
    for (const chunk of box.querySelectorAll('.chunk')) chunk.hidden = !chunk.querySelector('.line:not([hidden])');
    say(found, shown === lines.length ? '' : `${number(shown)} of ${number(lines.length)}`);
    mark();
  }

  function mark() {
    if (!globalThis.CSS?.highlights) return;
    CSS.highlights.delete('found');
    if (!text) return;
    const ranges = [];
    for (const { row } of lines) {
      if (ranges.length >= MOST_MARKS) break;
      const node = row.hidden ? null : row.lastChild.firstChild;
      const at = node?.nodeType === Node.TEXT_NODE ? node.data.toLowerCase().indexOf(text) : -1;
      if (at < 0 || at + text.length > node.length) continue;
      const range = new Range();
      range.setStart(node, at);
      range.setEnd(node, at + text.length);
      ranges.push(range);
    }
    CSS.highlights.set('found', new Highlight(...ranges));
  }

  return {
    element,
    search,
    get size() {
      return lines.length;
    },
    add(added) {
      if (!added.length) return;
      // The job's own start is told in whole seconds: its first line says it better.
      begin ??= Date.parse(added[0].time);
      quiet.remove();
      let chunk = box.lastElementChild;
      for (const { time, level, message: words } of added) {
        const line = { time, level, message: words };
        if (!chunk || chunk.children.length >= CHUNK) {
          chunk = h('div', { class: 'chunk' });
          box.append(chunk);
        }
        line.row = h(
          'div',
          { class: 'line', dataset: { level } },
          h('span', { class: 'no' }, String(lines.length + 1)),
          h('time', {}),
          h('span', { class: 'level' }, level),
          h('span', { class: 'message' }, message(line)),
        );
        if (hidden.size || text) line.row.hidden = !fits(line);
        chunk.append(line.row);
        lines.push(line);
        when(line);
        if (counts[level]) counts[level].lines += 1;
      }
      for (const { lines: sum, place } of Object.values(counts)) say(place, sum ? number(sum) : '');
      if (hidden.size || text) sift();
      if (follow) box.scrollTop = box.scrollHeight;
    },
    clear() {
      lines = [];
      begin = null;
      follow = true;
      for (const each of Object.values(counts)) {
        each.lines = 0;
        say(each.place, '');
      }
      put(box, quiet);
      sift();
    },
    /** The job has ended, with all these lines; whether others were shown until now. */
    complete(all) {
      const whole = all ?? [];
      const differs = lines.length !== whole.length;
      if (differs) {
        this.clear();
        this.add(whole);
      }
      if (!whole.length) say(quiet, 'This job logged nothing.');
      return differs;
    },
    quiet: (words) => say(quiet, words),
    /** Shows the end or, of a job that is done, the beginning. */
    rewind: () => ((follow = false), (box.scrollTop = 0)),
  };
}

/** Collects lines as they come and hands them on once a frame. */
export function batch(add) {
  let waiting = [];
  return (line) => {
    waiting.push(line);
    if (waiting.length === 1) {
      // A hidden page has no frames.
      (document.hidden ? setTimeout : requestAnimationFrame)(() => {
        const lines = waiting;
        waiting = [];
        add(lines);
      });
    }
  };
}
