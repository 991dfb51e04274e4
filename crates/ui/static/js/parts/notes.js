// What a view says instead of its content: that there is nothing, that something failed, that it is coming.

import { h } from '../dom.js';

/** Nothing is here yet: what the view is for, and the one action. */
export function empty(title, text, ...actions) {
  return h('div', { class: 'note' }, h('h2', {}, title), h('p', {}, text), h('div', { class: 'row' }, actions));
}

/** What was tried, what came back, and a way to try again. */
export function wrong(failure, retry) {
  const tried = failure.tried ? `${failure.tried} failed` : 'Something failed in the dashboard';
  return h(
    'div',
    { class: 'note wrong', role: 'alert' },
    h('h2', {}, failure.status ? `${tried} with ${failure.status}` : tried),
    h('p', {}, failure.message),
    retry && h('button', { type: 'button', onclick: retry }, 'Try again'),
  );
}

/** Grey lines in the place of what is coming. */
export function skeleton(lines) {
  const widths = ['90%', '70%', '80%', '55%'];
  return h(
    'div',
    { class: 'card', 'aria-busy': 'true' },
    h('p', { class: 'sr-only' }, 'Loading'),
    Array.from({ length: lines }, (_, index) => {
      const line = h('p', { class: 'skeleton' });
      line.style.width = widths[index % widths.length];
      line.style.marginBlock = '8px';
      return line;
    }),
  );
}

/** A short word on what was done, for some seconds. */
export function toast(text, kind = '') {
  const note = h('div', { class: `toast ${kind}` }, text);
  document.querySelector('.toasts').append(note);
  setTimeout(() => note.remove(), kind ? 8000 : 4000);
}

/** Copies a text and says so. */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${what} copied`);
  } catch {
    // Without a secure origin there is no clipboard: the text is shown, selected, to be copied by hand.
    const field = h('textarea', { rows: 6, readonly: true, 'aria-label': what, value: text });
    const dialog = h(
      'dialog',
      { 'aria-label': what, onclose: () => dialog.remove() },
      h(
        'form',
        { method: 'dialog' },
        h('h2', {}, `Copy: ${what}`),
        field,
        h('div', { class: 'row' }, h('button', { value: 'close' }, 'Close')),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
    field.select();
  }
}

/** Hands a file to the user. */
export function download(name, content, type = 'application/octet-stream') {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  h('a', { href: url, download: name.replace(/[^\w.-]+/g, '_') }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

/** Asks before something that cannot be taken back. True when the user says yes. */
export function confirm(title, text, yes, { danger = true } = {}) {
  return new Promise((resolve) => {
    const dialog = h(
      'dialog',
      {
        'aria-labelledby': 'confirm-title',
        onclose: () => {
          resolve(dialog.returnValue === 'yes');
          dialog.remove();
        },
      },
      h(
        'form',
        { method: 'dialog' },
        h('h2', { id: 'confirm-title' }, title),
        h('p', {}, text),
        h(
          'div',
          { class: 'row' },
          h('button', { value: 'no', autofocus: true }, danger ? 'Keep' : 'Not now'),
          h('button', { value: 'yes', class: danger ? 'primary danger' : 'primary' }, yes),
        ),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}
