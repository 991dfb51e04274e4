// The frame: signs in, shows the view that the address asks for, and keeps two live numbers in the rail.

import { read as readAddress, href } from './address.js';
import { poll, token, total } from './api.js';
import { announce, h, put, say } from './dom.js';
import { number } from './format.js';
import { handleKey } from './keys.js';
import { icon } from './parts/icons.js';
import { wrong } from './parts/notes.js';
import { badge } from './parts/states.js';
import { applyTheme, nextTheme } from './theme.js';
import { signIn } from './views/sign_in.js';

const VIEWS = {
  jobs: { title: 'Jobs', load: () => import('./views/jobs.js') },
  job: { title: 'Job', load: () => import('./views/job.js') },
  playground: { title: 'Playground', load: () => import('./views/playground.js') },
  schedules: { title: 'Schedules', load: () => import('./views/schedules.js') },
  schedule: { title: 'Schedule', load: () => import('./views/schedule.js') },
  batches: { title: 'Batches', load: () => import('./views/batches.js') },
  batch: { title: 'Batch', load: () => import('./views/batch.js') },
  scripts: { title: 'Scripts', load: () => import('./views/scripts.js') },
  script: { title: 'Script', load: () => import('./views/script.js') },
  fleet: { title: 'Fleet', load: () => import('./views/fleet.js') },
};
const RAIL = ['jobs', 'playground', 'schedules', 'batches', 'scripts', 'fleet'];
/** The views of one thing, by those of all of them. */
const ONE = { jobs: 'job', schedules: 'schedule', batches: 'batch', scripts: 'script' };

let shown = null; // the view: {key, view, stop}
let frame = null; // {main, links, stop}

/** Which view an address means, and what makes it another one than the last. */
function meant({ words: [first = 'jobs', id] }) {
  if (Object.hasOwn(ONE, first) && id !== undefined) return { name: ONE[first], key: `${ONE[first]} ${id}`, id };
  return RAIL.includes(first) ? { name: first, key: first } : { name: 'jobs', key: 'jobs' };
}

async function show({ focus = true } = {}) {
  if (!token.get()) return leave();
  frame ??= build();
  const { hash } = location;
  const address = readAddress(hash);
  const { name, key, id } = meant(address);
  for (const [link, element] of Object.entries(frame.links)) {
    if (link === name || ONE[link] === name) element.setAttribute('aria-current', 'page');
    else element.removeAttribute('aria-current');
  }
  if (shown?.key === key) return shown.view?.update?.(address.params);
  shown?.stop.abort();
  const mine = { key, view: null, stop: new AbortController() };
  shown = mine;
  const place = h('div', { class: 'view' });
  put(frame.main, place);
  document.title = `${id ?? VIEWS[name].title} · puppet-master`;
  try {
    const { open } = await VIEWS[name].load();
    if (mine.stop.signal.aborted) return;
    mine.view = open(place, { id, params: address.params, signal: mine.stop.signal });
    if (location.hash !== hash) return show({ focus }); // it went on while the view was loaded
  } catch (error) {
    const title = h('h1', { tabindex: -1 }, VIEWS[name].title);
    put(
      place,
      title,
      wrong(error, () => location.reload()),
    );
  }
  scrollTo(0, 0);
  if (focus) frame.main.querySelector('h1')?.focus({ preventScroll: true });
}

function build() {
  const stop = new AbortController();
  const links = Object.fromEntries(
    RAIL.map((name) => [name, h('a', { href: href([name]) }, icon(name), h('span', {}, VIEWS[name].title))]),
  );
  const docs = h('a', { href: 'docs' }, icon('docs'), h('span', {}, 'API'));
  const counts = { waiting: h('b', {}, '–'), running: h('b', {}, '–') };
  const live = Object.entries(counts).map(([state, place]) =>
    h('a', { href: href(['jobs'], { state }) }, badge(state), place),
  );
  const offline = h('p', { class: 'offline', role: 'alert', hidden: true });
  const main = h('main', { id: 'main', tabindex: -1 });
  put(
    document.body,
    h(
      'a',
      { class: 'skip button', href: '#main', onclick: (event) => (event.preventDefault(), main.focus()) },
      'Skip to the content',
    ),
    h(
      'div',
      { class: 'frame' },
      h(
        'header',
        { class: 'rail' },
        h('div', { class: 'brand' }, h('img', { src: 'ui/icon.svg', alt: '' }), 'puppet-master'),
        h('nav', { 'aria-label': 'Views' }, Object.values(links), docs),
        h('div', { class: 'live', role: 'group', 'aria-label': 'Now' }, live),
        h('span', { class: 'spring' }),
        h(
          'button',
          { type: 'button', class: 'tool wide', onclick: () => handleKey({ key: 'palette' }) },
          icon('search'),
          'Go to',
          h('kbd', {}, 'Ctrl K'),
        ),
        h(
          'button',
          { type: 'button', class: 'tool', onclick: () => announce(`Theme: ${nextTheme()}`) },
          icon('theme'),
          h('span', {}, 'Theme'),
        ),
        h(
          'button',
          { type: 'button', class: 'tool', onclick: () => (sessionStorage.clear(), leave('You have signed out.')) },
          icon('leave'),
          h('span', {}, 'Sign out'),
        ),
      ),
      h('div', {}, offline, main),
    ),
    h('div', { id: 'announcements', class: 'sr-only', role: 'status' }),
    h('div', { class: 'toasts', role: 'status' }),
  );
  poll(
    3000,
    stop.signal,
    async () => {
      for (const [state, place] of Object.entries(counts)) say(place, number(await total({ state }, stop.signal)));
      offline.hidden = true;
    },
    (failure) => {
      say(offline, `What is shown may be old: ${failure.message}. Trying again.`);
      offline.hidden = false;
    },
  );
  return { main, links, stop };
}

function leave(why) {
  shown?.stop.abort();
  frame?.stop.abort();
  shown = frame = null;
  document.querySelectorAll('dialog').forEach((dialog) => dialog.remove());
  document.title = 'Sign in · puppet-master';
  put(
    document.body,
    signIn(why, () => show()),
  );
}

applyTheme();
addEventListener('hashchange', () => show());
addEventListener('refused', () => leave('The gateway refused the token. It may have been changed or withdrawn.'));
addEventListener('keydown', (event) => token.get() && handleKey(event, shown?.view));
show({ focus: false });
