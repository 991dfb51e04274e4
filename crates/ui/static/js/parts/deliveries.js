// What a webhook was told: each event with its attempts, and a way to tell it again.

import * as api from '../api.js';
import { h, put, visible } from '../dom.js';
import { ahead, duration, exact } from '../format.js';
import { toast } from './notes.js';
import { mark } from './states.js';
import { table } from './table.js';

/** How a delivery stands, in words. */
const WORDS = {
  pending: 'to be sent',
  delivered: 'delivered',
  failed: 'given up after a day',
  gone: 'the receiver wants no more',
};
const SHAPES = { pending: 'waiting', delivered: 'succeeded', failed: 'failed', gone: 'cancelled' };

/** The deliveries of `{id, event, state, next_at, attempts}`; `again(id)` has one sent once more. */
function deliveryList(deliveries, again) {
  return deliveries.map(({ id, event, state, next_at: next, attempts }) => {
    const button = h(
      'button',
      {
        type: 'button',
        class: 'small',
        onclick: async () => {
          button.disabled = true;
          try {
            await again(id);
            toast('Delivery is sent again');
          } catch (failure) {
            toast(failure.message, 'wrong');
          }
          button.disabled = false;
          button.blur();
        },
      },
      'Send again',
    );
    const stands = state === 'pending' ? (next ? `sent ${ahead(Date.parse(next))}` : 'being sent') : WORDS[state];
    return h(
      'section',
      { class: 'card delivery', 'aria-label': `Delivery of ${event}` },
      h(
        'div',
        { class: 'row' },
        mark(SHAPES[state] ?? 'waiting', WORDS[state] ?? state),
        h('h2', { class: 'mono' }, visible(event)),
        h('span', { class: 'muted', title: next && exact(next) }, stands),
        h('span', { class: 'spring' }),
        h('span', { class: 'id mono muted' }, visible(id)),
        button,
      ),
      attempts.length > 0 && table(`Attempts of ${event}`, ['Time', '#Took', 'Answer'], attempts.map(attempt)).element,
    );
  });
}

function attempt({ at, duration: took, status, error }) {
  return h(
    'tr',
    {},
    h('td', {}, exact(at)),
    h('td', { class: 'number' }, duration(took)),
    h('td', { class: 'wrap' }, error ? visible(error) : String(status)),
  );
}

/** The deliveries of a job or a batch in a panel. What comes back reads them and shows them there. */
export function deliveryPanel(panel, kind, id, signal) {
  const load = async () => {
    const deliveries = await api.deliveries(kind, id, signal);
    if (signal.aborted || panel.contains(document.activeElement)) return;
    put(
      panel,
      deliveries.length
        ? deliveryList(deliveries, async (delivery) => (await api.redeliver(kind, id, delivery), load()))
        : h('p', { class: 'muted' }, 'Nothing was told yet.'),
    );
  };
  return load;
}
