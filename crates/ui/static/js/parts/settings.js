// The settings of a gateway or an executor.

import { h, visible } from '../dom.js';
import { count } from '../format.js';

/** The settings that differ from what they are as delivered, to be opened. */
export function settingsOf(settings, whose) {
  const all = Object.entries(settings ?? {});
  if (!all.length) return h('p', { class: 'muted' }, `Every setting of this ${whose} is as delivered.`);
  return h(
    'details',
    { class: 'settings' },
    h('summary', {}, count(all.length, 'setting differs from its default', 'settings differ from their defaults')),
    h(
      'dl',
      { class: 'facts' },
      all.map(([name, value]) =>
        h('div', {}, h('dt', { class: 'mono' }, visible(name)), h('dd', { class: 'mono' }, visible(value))),
      ),
    ),
  );
}
