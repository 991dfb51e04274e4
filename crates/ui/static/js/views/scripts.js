// The scripts: code that jobs and schedules run by its name.

import { change, go, href } from '../address.js';
import * as api from '../api.js';
import { h, put, visible } from '../dom.js';
import { ago, exact, number } from '../format.js';
import { dialogForm, field } from '../parts/dialog_form.js';
import { empty, skeleton } from '../parts/notes.js';
import { pages } from '../parts/table.js';

const PAGE = 50;
const NAME = '[A-Za-z0-9][A-Za-z0-9._\\-]*';

/** Shows all scripts. */
export function open(place, { params, signal }) {
  const create = () => h('button', { type: 'button', class: 'primary', onclick: make }, 'New script');
  const content = h('div', {}, skeleton(6));
  const list = pages({
    label: 'Scripts',
    titles: ['Name', '#Version', 'Changed', 'Owner'],
    read: (after) => api.entries('scripts', { per_page: PAGE, after }, signal),
    row: ({ name, version, updated_at: updated, owner }) =>
      h(
        'tr',
        {},
        h('td', { class: 'name' }, h('a', { class: 'mono', href: href(['scripts', name]) }, visible(name))),
        h('td', { class: 'number' }, number(version)),
        h('td', { title: exact(updated) }, ago(Date.parse(updated))),
        h('td', {}, owner && visible(owner)),
      ),
    nothing: empty(
      'No scripts yet',
      'A script is code with a name and versions, which jobs and schedules run. Write one here, or push a folder with puppet-master scripts.',
      create(),
    ),
    signal,
  });
  put(
    place,
    h('div', { class: 'heading' }, h('h1', { tabindex: -1 }, 'Scripts'), h('span', { class: 'spring' }), create()),
    content,
  );
  list.showIn(content);
  if (params.get('new')) make();

  /** Asks for a name that is free; the rest is written in the editor. */
  async function make() {
    change({ new: '' }, { replace: true });
    let name = null;
    const note = 'Letters, digits, dots, hyphens and underscores.';
    const fields = [field('name', 'Name', { required: true, autofocus: true, pattern: NAME, note })];
    const taken = await dialogForm('New script', fields, 'Write it', async (given) => {
      const there = await api.entry('scripts', given.name).catch((failure) => {
        if (failure.status !== 404) throw failure;
        return null;
      });
      if (there) throw new Error(`There is a script ${visible(given.name)} already.`);
      name = given.name;
    });
    if (taken) go(['scripts', name], { edit: 'new' });
  }

  return { update: (next) => next.get('new') && make(), keys: {} };
}
