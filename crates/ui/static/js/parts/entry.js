// What the views of one thing share: its heading, its facts, its end, and what stands there when it is gone.

import { go, href } from '../address.js';
import { removeEntry } from '../api.js';
import { h, visible } from '../dom.js';
import { confirm, empty, toast, wrong } from './notes.js';

/** The heading: the name, and what can be done. */
export function headingOf(name, actions) {
  return h(
    'div',
    { class: 'heading' },
    h('h1', { class: 'job-id', tabindex: -1 }, visible(name)),
    h('span', { class: 'spring' }),
    actions,
  );
}

/** A fact; nothing where there is no value. */
export const fact = (title, value, hint) => value && h('div', {}, h('dt', {}, title), h('dd', { title: hint }, value));

/** What stands in the place of a `word` that could not be read; `kind` is where all of them are. */
export function unreadable(failure, word, kind, retry) {
  if (failure.status !== 404) return wrong(failure, retry);
  const all = h('a', { class: 'button', href: href([kind]) }, `All ${kind}`);
  return empty(`There is no such ${word}`, 'It may have been deleted.', all);
}

/** Deletes a thing, if the user says so, and goes to the others; `done` is said then. */
export async function removeAsked(kind, name, text, done) {
  if (!(await confirm(`Delete ${visible(name)}?`, text, 'Delete'))) return;
  try {
    await removeEntry(kind, name);
    toast(done);
    go([kind]);
  } catch (failure) {
    toast(failure.message, 'wrong');
  }
}
