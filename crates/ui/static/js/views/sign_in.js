// Signing in: the token is tried before it is kept, in this tab only.

import { token, tryToken } from '../api.js';
import { h, put, say } from '../dom.js';

/** The form, with why the user is here. `done` is called once a token opens the API. */
export function signIn(why, done) {
  const field = h('input', {
    type: 'password',
    name: 'token',
    required: true,
    autocomplete: 'current-password',
    spellcheck: 'false',
    'aria-describedby': 'sign-in-why',
  });
  const reason = h('p', { id: 'sign-in-why', role: 'alert', class: why ? 'wrong' : 'muted' }, why ?? '');
  const button = h('button', { type: 'submit', class: 'primary' }, 'Sign in');
  const refuse = (text) => {
    reason.className = 'wrong';
    say(reason, text);
    field.focus();
    field.select();
  };
  const form = h(
    'form',
    {
      class: 'card',
      onsubmit: async (event) => {
        event.preventDefault();
        button.disabled = true;
        const text = field.value.trim();
        try {
          if (!/^[\x21-\x7e]+$/.test(text))
            return refuse('A token consists of letters, digits and signs without spaces.');
          await tryToken(text);
          token.set(text);
          done();
        } catch (failure) {
          refuse(
            failure.status === 401
              ? 'The gateway refused this token.'
              : `The token could not be tried: ${failure.message}.`,
          );
        } finally {
          button.disabled = false;
        }
      },
    },
    h(
      'div',
      { class: 'row' },
      h('img', { src: 'ui/icon.svg', alt: '', width: 32, height: 32 }),
      h('h1', {}, 'puppet-master'),
    ),
    reason,
    h('label', { class: 'field' }, h('span', {}, 'API token'), field),
    button,
    h(
      'p',
      { class: 'muted' },
      'The token is the gateway’s API_TOKEN. After ',
      h('code', {}, 'puppet-master up'),
      ' it is in ',
      h('code', {}, 'api-token'),
      ' in the data folder. It is kept until this tab is closed.',
    ),
  );
  queueMicrotask(() => field.focus());
  const place = h('main', { class: 'sign-in' });
  put(place, form);
  return place;
}
