// The name of an entry of an object, in a field that keeps names apart.

import { h } from '../dom.js';
import { toast } from './notes.js';

/** Entries in their order, with one key changed; the last of two that are the same stays. */
const renamed = (entries, from, to) =>
  Object.fromEntries(Object.entries(entries).map(([key, value]) => [key === from ? to : key, value]));
export const without = (entries, gone) => Object.fromEntries(Object.entries(entries).filter(([key]) => key !== gone));

/** A field for the key `name`. `entries()` is the object of now, `changed(next)` hears of one with another key. */
export function nameField({ entries, name, label, changed }) {
  const field = h('input', {
    value: name,
    spellcheck: 'false',
    'aria-label': label,
    class: 'mono',
    onchange: () => {
      const next = field.value.trim();
      if (!next || (next !== name && Object.hasOwn(entries(), next))) {
        field.value = name;
        return toast(next ? `There is a ${next} already.` : 'A name cannot be empty.', 'wrong');
      }
      changed(renamed(entries(), name, next));
      name = next;
    },
  });
  return { field, name: () => name };
}
