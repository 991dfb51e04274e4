// Keys that work everywhere, and the palette behind Ctrl-K. A view has keys of its own in `view.keys`.

import { go } from './address.js';
import { list } from './api.js';
import { announce, h, put } from './dom.js';
import { EXAMPLES } from './examples.js';
import { stateOf, STATES } from './parts/states.js';
import { nextTheme } from './theme.js';

const KEYS = [
  ['Ctrl K', 'go to a job, run an example, switch the theme'],
  ['/', 'search'],
  ['j  k', 'next and previous job of the list'],
  ['Enter', 'open the job'],
  ['x', 'select the job'],
  ['r', 'run again'],
  ['c', 'cancel'],
  ['e', 'edit the script'],
  ['Ctrl Enter', 'run what is in the playground, store what is in a script'],
  ['Esc, Tab', 'leave the editor'],
  ['?', 'this list'],
];

/** Handles a key that nothing on the page has taken. */
export function handleKey(event, view) {
  const palette = event.key === 'palette' || ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k');
  if (palette) {
    event.preventDefault?.();
    return openPalette();
  }
  if (
    event.defaultPrevented ||
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    document.querySelector('dialog[open]')
  )
    return;
  // The editor lives in a shadow root: what is typed there comes from its host.
  const at = event.composedPath()[0];
  if (at.closest?.('input, textarea, select, [contenteditable="true"]')) return;
  if (event.key === '?') return openHelp();
  const action = view?.keys?.[event.key];
  if (action && action(event) !== false) event.preventDefault();
}

function openHelp() {
  const dialog = h(
    'dialog',
    { 'aria-labelledby': 'keys-title', onclose: () => dialog.remove() },
    h(
      'form',
      { method: 'dialog' },
      h('h2', { id: 'keys-title' }, 'Keys'),
      h(
        'dl',
        { class: 'keys' },
        KEYS.flatMap(([key, text]) => [
          h(
            'dt',
            {},
            key.split(/ +|(?<=,) /).map((one) => [h('kbd', {}, one.replace(',', '')), ' ']),
          ),
          h('dd', {}, text),
        ]),
      ),
      h('div', { class: 'row' }, h('button', { value: 'close' }, 'Close')),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
}

/** What can be done from anywhere. */
const ACTIONS = [
  { name: 'Jobs', does: () => go(['jobs']) },
  { name: 'Failed jobs', does: () => go(['jobs'], { state: 'failed' }) },
  { name: 'Playground', does: () => go(['playground']) },
  { name: 'Schedules', does: () => go(['schedules']) },
  { name: 'New schedule', does: () => go(['schedules'], { new: 1 }) },
  { name: 'Batches', does: () => go(['batches']) },
  { name: 'Scripts', does: () => go(['scripts']) },
  { name: 'Fleet', does: () => go(['fleet']) },
  { name: 'Switch theme', does: () => announce(`Theme: ${nextTheme()}`) },
  { name: 'Keys', does: openHelp },
  ...EXAMPLES.map(({ id, title }) => ({
    name: `Run example: ${title}`,
    does: () => go(['playground'], { example: id, run: 1 }),
  })),
];

function openPalette() {
  if (document.querySelector('dialog[open]')) return;
  const stop = new AbortController();
  let options = [];
  let at = 0;
  const field = h('input', {
    type: 'search',
    placeholder: 'A job’s id, or what to do',
    'aria-label': 'Go to',
    role: 'combobox',
    'aria-expanded': 'true',
    'aria-controls': 'palette-list',
    'aria-autocomplete': 'list',
    autocomplete: 'off',
    spellcheck: 'false',
  });
  const box = h('ul', { id: 'palette-list', role: 'listbox', 'aria-label': 'Matches' });
  const dialog = h(
    'dialog',
    { class: 'palette', 'aria-label': 'Go to', onclose: () => (stop.abort(), dialog.remove()) },
    field,
    box,
  );

  const choose = (option) => {
    dialog.close();
    option?.does();
  };
  const mark = (next) => {
    at = Math.max(0, Math.min(next, options.length - 1));
    [...box.children].forEach((element, index) => element.setAttribute('aria-selected', String(index === at)));
    const element = box.children[at];
    if (element?.id) field.setAttribute('aria-activedescendant', element.id);
    element?.scrollIntoView({ block: 'nearest' });
  };
  const offer = (found) => {
    options = found;
    put(
      box,
      found.map((option, index) =>
        h(
          'li',
          { role: 'option', id: `option-${index}`, onclick: () => choose(option) },
          h('span', {}, option.name),
          option.note && h('span', { class: 'muted' }, option.note),
        ),
      ),
    );
    mark(0);
  };
  let recent = [];
  const match = () => {
    const text = field.value.trim().toLowerCase();
    const actions = ACTIONS.filter(({ name }) => name.toLowerCase().includes(text));
    const jobs = recent
      .filter((job) => job.uuid.toLowerCase().includes(text))
      .slice(0, 8)
      .map(asOption);
    const direct =
      text.length > 2 && !jobs.length
        ? [{ name: `Open job ${field.value.trim()}`, does: () => go(['jobs', field.value.trim()]) }]
        : [];
    offer(text ? [...jobs, ...actions, ...direct] : [...actions.slice(0, 6), ...jobs, ...actions.slice(6)]);
  };
  field.addEventListener('input', match);
  field.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) mark(at + step);
    else if (event.key === 'Enter') choose(options[at]);
    else return;
    event.preventDefault();
  });
  document.body.append(dialog);
  dialog.showModal();
  match();
  list({ per_page: 100 }, stop.signal).then(
    ({ data }) => {
      recent = data;
      match();
    },
    () => {},
  ); // the actions are there without
}

const asOption = (job) => ({
  name: job.uuid,
  note: STATES[stateOf(job)],
  does: () => go(['jobs', job.uuid]),
});
