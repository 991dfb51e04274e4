// Doing something to many jobs at once: asked first, with the count, then a few requests at a time.

import * as api from '../api.js';
import { h, put, say } from '../dom.js';
import { count, number } from '../format.js';
import { confirm, toast } from './notes.js';

const AT_ONCE = 4;

const VERBS = {
  rerun: {
    title: (jobs) => `Run ${jobs} again?`,
    text: 'Each runs as a new job, from the beginning.',
    yes: 'Run again',
    done: 'run again',
    danger: false,
    fits: () => true,
    does: api.rerun,
  },
  cancel: {
    title: (jobs) => `Cancel ${jobs}?`,
    text: 'They end as cancelled and keep their logs.',
    yes: 'Cancel them',
    done: 'cancelled',
    danger: true,
    fits: (job) => !job || job.status !== 'done',
    does: api.cancel,
  },
  delete: {
    title: (jobs) => `Delete ${jobs}?`,
    text: 'Results and logs are gone for good. Jobs under way are cancelled.',
    yes: 'Delete',
    done: 'deleted',
    danger: true,
    fits: () => true,
    does: api.remove,
  },
};

/** The bar that stands while jobs are selected. `selection` is a map of uuid → summary, or null for one that is not shown. */
export function bulkBar(selection, { changed, all }) {
  const words = h('strong', { role: 'status' });
  const everything = h('button', { type: 'button', class: 'plain', onclick: all });
  const progress = h('progress', { hidden: true, 'aria-label': 'Progress' });
  const buttons = Object.entries({ rerun: 'Run again', cancel: 'Cancel', delete: 'Delete' }).map(([verb, name]) =>
    h(
      'button',
      {
        type: 'button',
        class: verb === 'rerun' ? '' : 'danger',
        onclick: () => act(VERBS[verb]),
      },
      name,
    ),
  );
  const none = h('button', { type: 'button', class: 'plain', onclick: () => (selection.clear(), changed()) }, 'Clear');
  const element = h(
    'section',
    { class: 'bulk row', hidden: true, 'aria-label': 'Selected jobs' },
    words,
    everything,
    h('span', { class: 'spring' }),
    progress,
    buttons,
    none,
  );

  async function act(verb) {
    const fitting = [...selection].filter(([, job]) => verb.fits(job)).map(([id]) => id);
    const rest = selection.size - fitting.length;
    if (!fitting.length) return toast('None of the selected jobs is under way.', 'wrong');
    const text = rest
      ? `${verb.text} ${count(rest, 'job')} of the selected ${rest === 1 ? 'is' : 'are'} done and ${rest === 1 ? 'stays' : 'stay'} as ${rest === 1 ? 'it is' : 'they are'}.`
      : verb.text;
    if (!(await confirm(verb.title(count(fitting.length, 'job')), text, verb.yes, { danger: verb.danger }))) return;
    const failures = await each(fitting, verb.does);
    toast(`${count(fitting.length - failures.length, 'job')} ${verb.done}`);
    if (failures.length)
      toast(`${count(failures.length, 'job')} could not be ${verb.done}: ${failures[0].message}`, 'wrong');
    selection.clear();
    changed({ reload: true });
  }

  /** Does it to each, a few at a time. */
  async function each(ids, does) {
    const failures = [];
    const waiting = [...ids];
    Object.assign(progress, { hidden: false, max: ids.length, value: 0 });
    for (const button of buttons) button.disabled = true;
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
          await does(id).catch((failure) => failures.push(failure));
          progress.value += 1;
        }
      }),
    );
    progress.hidden = true;
    for (const button of buttons) button.disabled = false;
    return failures;
  }

  return {
    element,
    update(total, pageSelected) {
      element.hidden = selection.size === 0;
      say(words, `${number(selection.size)} selected`);
      const more = pageSelected && total > selection.size;
      everything.hidden = !more;
      if (more) put(everything, total > 5000 ? 'Select the newest 5,000' : `Select all ${number(total)}`);
    },
  };
}
