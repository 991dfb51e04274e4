// Tabs by the ARIA pattern: arrows move, the chosen one is in the tab order.
// https://www.w3.org/WAI/ARIA/apg/patterns/tabs/

import { h } from '../dom.js';

/** Makes tabs of `{id, title, panel}`. `choose(id)` shows one; `chosen` hears of the user's choice. */
export function tabs(label, entries, chosen) {
  const buttons = entries.map(({ id, title }) =>
    h(
      'button',
      {
        type: 'button',
        role: 'tab',
        id: `tab-${id}`,
        'aria-controls': `panel-${id}`,
        onclick: () => chosen(id),
      },
      title,
    ),
  );
  const list = h(
    'div',
    {
      role: 'tablist',
      'aria-label': label,
      onkeydown: (event) => {
        const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (!step) return;
        const shown = buttons.filter((button) => !button.hidden);
        const next = shown[(shown.indexOf(document.activeElement) + step + shown.length) % shown.length];
        next.focus();
        next.click();
        event.preventDefault();
      },
    },
    buttons,
  );
  const panels = entries.map(({ id, panel }) => {
    Object.assign(panel, { id: `panel-${id}`, hidden: true });
    panel.setAttribute('role', 'tabpanel');
    panel.setAttribute('aria-labelledby', `tab-${id}`);
    return panel;
  });
  return {
    list,
    panels,
    button: (id) => buttons[entries.findIndex((entry) => entry.id === id)],
    choose(id) {
      entries.forEach((entry, index) => {
        const on = entry.id === id;
        buttons[index].setAttribute('aria-selected', String(on));
        buttons[index].tabIndex = on ? 0 : -1;
        panels[index].hidden = !on;
      });
    },
  };
}
