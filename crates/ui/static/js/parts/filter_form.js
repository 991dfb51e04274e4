// The fields of the list's filter.

import { change, href } from '../address.js';
import { h } from '../dom.js';
import { SPANS, toLocal, wholeSeconds } from './filter.js';
import { STATES } from './states.js';

/** The fields of the filter; each change goes into the address, and comes back from there. */
export function filterForm() {
  const state = h(
    'select',
    { onchange: () => change({ state: state.value, page: '', as_of: '' }) },
    h('option', { value: '' }, 'any'),
    Object.entries(STATES).map(([value, word]) => h('option', { value }, word)),
  );
  const since = h(
    'select',
    {
      onchange: () => {
        const custom = since.value === 'custom';
        change({
          since: custom ? '' : since.value,
          from: custom ? wholeSeconds(Date.now() - 3600e3) : '',
          to: '',
          page: '',
          as_of: '',
        });
      },
    },
    h('option', { value: '' }, 'any time'),
    Object.entries(SPANS).map(([value, [word]]) => h('option', { value }, word)),
    h('option', { value: 'custom' }, 'from … to …'),
  );
  const times = ['from', 'to'].map((name) => {
    const field = h('input', {
      type: 'datetime-local',
      step: 1,
      onchange: () => change({ [name]: field.value ? wholeSeconds(field.value) : '', page: '', as_of: '' }),
    });
    return field;
  });
  const labels = times.map((field, index) =>
    h('label', { class: 'field' }, h('span', {}, index ? 'Until' : 'From'), field),
  );
  const owner = h('input', {
    type: 'search',
    spellcheck: 'false',
    onchange: () => change({ owner: owner.value.trim(), page: '', as_of: '' }),
  });
  const ownerLabel = h('label', { class: 'field' }, h('span', {}, 'Owner'), owner);
  let typing;
  const text = h('input', {
    type: 'search',
    placeholder: 'any part of the id',
    spellcheck: 'false',
    autocomplete: 'off',
    oninput: () => {
      clearTimeout(typing);
      typing = setTimeout(() => change({ id: text.value.trim(), page: '', as_of: '' }, { replace: true }), 250);
    },
  });
  const reset = h('a', { class: 'button', href: href(['jobs']) }, 'Reset');
  const element = h(
    'form',
    { class: 'filters', role: 'search', 'aria-label': 'Jobs', onsubmit: (event) => event.preventDefault() },
    h('label', { class: 'field' }, h('span', {}, 'State'), state),
    h('label', { class: 'field' }, h('span', {}, 'Created'), since),
    labels,
    ownerLabel,
    h('label', { class: 'field search' }, h('span', {}, 'Id'), text),
    reset,
  );
  return {
    element,
    text,
    /** Shows what the address says. */
    show(filter) {
      state.value = filter.get('state') ?? '';
      const custom = filter.has('from') || filter.has('to');
      since.value = custom ? 'custom' : (filter.get('since') ?? '');
      times[0].value = toLocal(filter.get('from'));
      times[1].value = toLocal(filter.get('to'));
      for (const label of labels) label.hidden = !custom;
      owner.value = filter.get('owner') ?? '';
      ownerLabel.hidden = !filter.has('owner');
      if (document.activeElement !== text) text.value = filter.get('id') ?? '';
      reset.hidden = !['state', 'since', 'from', 'to', 'owner', 'id'].some((name) => filter.has(name));
    },
  };
}
