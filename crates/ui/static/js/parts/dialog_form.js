// A form in a dialog that stays open until the gateway has taken what it says.

import { h, say } from '../dom.js';

/** Asks for fields; `send` gets them as an object, and what it throws is shown in the form. True when it was taken. */
export function dialogForm(title, fields, yes, send) {
  return new Promise((resolve) => {
    const wrong = h('p', { class: 'wrong', role: 'alert', hidden: true });
    const button = h('button', { type: 'submit', class: 'primary' }, yes);
    let taken = false;
    const form = h(
      'form',
      {
        class: 'entry',
        onsubmit: async (event) => {
          event.preventDefault();
          button.disabled = true;
          try {
            await send(Object.fromEntries(new FormData(form)));
            taken = true;
            dialog.close();
          } catch (failure) {
            wrong.hidden = false;
            say(wrong, failure.message);
          }
          button.disabled = false;
        },
      },
      h('h2', { id: 'form-title' }, title),
      fields,
      wrong,
      h('div', { class: 'row' }, button, h('button', { type: 'button', onclick: () => dialog.close() }, 'Not now')),
    );
    const dialog = h(
      'dialog',
      { 'aria-labelledby': 'form-title', onclose: () => (dialog.remove(), resolve(taken)) },
      form,
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** A field of text; `long` gives it lines. */
export function field(name, title, { value = '', note, long, ...more } = {}) {
  const input = long
    ? h('textarea', { name, rows: long, spellcheck: 'false', value, ...more })
    : h('input', { name, value, autocomplete: 'off', spellcheck: 'false', ...more });
  return h('label', { class: 'field' }, h('span', {}, title), input, note && h('span', {}, note));
}

/** A choice among `[value, words]`. */
export function choice(name, title, values, value) {
  const select = h(
    'select',
    { name },
    values.map(([value, words]) => h('option', { value }, words)),
  );
  select.value = value ?? values[0][0];
  return h('label', { class: 'field' }, h('span', {}, title), select);
}

/** Reads JSON that somebody typed. */
export function parsed(text, name) {
  try {
    return text.trim() ? JSON.parse(text) : undefined;
  } catch (error) {
    throw new Error(`${name} is not JSON: ${error.message}`);
  }
}
