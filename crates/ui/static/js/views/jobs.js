// What is going on, what went wrong lately: the last hour, and the list of jobs with its filters.

import { href } from '../address.js';
import * as api from '../api.js';
import { announce, h, put, say } from '../dom.js';
import { count, number } from '../format.js';
import { bulkBar } from '../parts/bulk.js';
import { toQuery, wholeSeconds } from '../parts/filter.js';
import { filterForm } from '../parts/filter_form.js';
import { lastHour } from '../parts/hour.js';
import { STEP, idSearch } from '../parts/id_search.js';
import { jobRow } from '../parts/job_row.js';
import { confirm, empty, skeleton, toast, wrong } from '../parts/notes.js';
import { pageLinks } from '../parts/pages.js';

const PER_PAGE = 100;
const MOST_SELECTED = 5000;

/** Shows the list. */
export function open(place, { params, signal }) {
  let filter = new URLSearchParams(params);
  let rows = new Map(); // uuid → row, in the order of the table
  let meta = null;
  let changes = new AbortController(); // of what is loaded for one filter
  const selection = new Map();

  const heading = h('h1', { tabindex: -1 }, 'Jobs');
  const total = h('span', { class: 'muted', role: 'status' });
  const hour = lastHour();
  const body = h('tbody');
  const all = h('input', {
    type: 'checkbox',
    'aria-label': 'Select all jobs of this page',
    onclick: () => pickAll(all.checked),
  });
  const table = h(
    'table',
    { class: 'jobs' },
    h('caption', { class: 'sr-only' }, 'Jobs, newest first'),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        h('th', { class: 'pick', scope: 'col' }, all),
        [
          ['State', 'w-state'],
          ['Job', 'w-id'],
          ['Created', 'w-time number'],
          ['Waited', 'w-span number'],
          ['Ran', 'w-span number'],
          ['Attempt', 'w-tries number'],
          ['Error, or where it runs', ''],
        ].map(([title, name]) => h('th', { scope: 'col', class: name }, title)),
      ),
    ),
    body,
  );
  const fresh = h('div', { class: 'fresh' });
  const content = h('div', {}, skeleton(12));
  const pages = pageLinks();
  const bulk = bulkBar(selection, { changed: ({ reload } = {}) => (mark(), reload && restart()), all: selectAll });
  const controls = filterForm();
  const deleteAll = h('button', { type: 'button', class: 'danger', hidden: true, onclick: deleteMatching });

  put(
    place,
    h(
      'div',
      { class: 'heading' },
      heading,
      total,
      h('span', { class: 'spring' }),
      deleteAll,
      h('a', { class: 'button', href: href(['playground']) }, 'New job'),
    ),
    hour.element,
    controls.element,
    fresh,
    content,
    pages.element,
    bulk.element,
  );

  const page = () => Math.max(1, Number(filter.get('page')) || 1);
  /** Older pages are those of one moment, so that nothing slides from one to the next. */
  const query = () => {
    const asked = toQuery(filter);
    if (page() > 1 && filter.has('as_of') && !asked.created_to) asked.created_to = filter.get('as_of');
    return asked;
  };

  /** Begins anew, for another filter or another page. */
  function restart() {
    changes.abort();
    changes = new AbortController();
    const mine = AbortSignal.any([signal, changes.signal]);
    meta = null;
    controls.show(filter);
    put(fresh);
    if (filter.get('id')) return find(mine);
    api.poll(
      2000,
      mine,
      () => load(mine),
      (failure) => meta ?? put(content, wrong(failure, restart)),
    );
  }

  async function load(mine) {
    const answer = await api.list({ ...query(), per_page: PER_PAGE, page: page() }, mine);
    const before = meta;
    meta = answer.meta;
    const unseen = answer.data.filter((job) => !rows.has(job.uuid)).length;
    const still =
      before &&
      unseen &&
      page() === 1 &&
      (scrollY > 200 || body.matches(':hover') || body.contains(document.activeElement));
    if (still) {
      for (const job of answer.data) rows.get(job.uuid)?.update(job);
      put(
        fresh,
        h(
          'button',
          { type: 'button', class: 'primary small', onclick: () => (scrollTo(0, 0), render(answer.data)) },
          `${number(unseen)} new`,
        ),
      );
    } else {
      render(answer.data);
    }
    describe();
  }

  function render(data) {
    put(fresh);
    const next = new Map();
    for (const job of data) {
      const row = rows.get(job.uuid) ?? jobRow(job, { pick });
      row.update(job);
      if (selection.has(job.uuid)) selection.set(job.uuid, job);
      next.set(job.uuid, row);
    }
    rows = next;
    const elements = [...rows.values()].map((row) => row.element);
    if (elements.length !== body.children.length || elements.some((element, index) => body.children[index] !== element))
      put(body, elements);
    if (!data.length) put(content, nothing());
    else if (!table.isConnected) put(content, h('div', { class: 'table-frame', tabindex: -1 }, table));
    mark();
  }

  function nothing() {
    if (filter.size === 0) {
      return empty(
        'No jobs yet',
        'Every job that somebody sends to this gateway is listed here, newest first, with how it ended. A first one is two clicks away.',
        h('a', { class: 'button', href: href(['playground'], { example: 'hello', run: 1 }) }, 'Run the example'),
        h('a', { class: 'button', href: 'docs' }, 'Read about the API'),
      );
    }
    return empty(
      'No job fits',
      'No job of this gateway has this state, time and id.',
      h('a', { class: 'button', href: href(['jobs']) }, 'Show all jobs'),
    );
  }

  function describe() {
    say(total, meta ? count(meta.total, 'job') : '');
    const exactFilter = Object.keys(toQuery(filter)).length > 0 && !filter.get('id');
    deleteAll.hidden = !(exactFilter && meta?.total > 0);
    say(deleteAll, `Delete all ${number(meta?.total ?? 0)}`);
    pages.show(filter, meta, page());
  }

  /** Shows the jobs that have the filter's text in their id. */
  async function find(mine) {
    put(content, skeleton(6));
    pages.replace();
    const search = idSearch({
      id: filter.get('id'),
      state: filter.get('state'),
      query,
      signal: mine,
      progress: (found, read) => say(total, `${count(found, 'job')} found in the newest ${number(read)}`),
    });
    const more = async () => {
      try {
        const { jobs, found, hasOlder } = await search();
        meta = { total: found, last_page: 1 };
        render(jobs);
        deleteAll.hidden = true;
        pages.replace(hasOlder && h('button', { type: 'button', onclick: more }, 'Search older jobs'));
        announce(total.textContent);
      } catch (failure) {
        if (!mine.aborted) put(content, wrong(failure, restart));
      }
    };
    await more();
  }

  // Selecting.
  let lastPicked = null;
  function pick(id, on, range) {
    const ids = [...rows.keys()];
    const [from, to] = [ids.indexOf(range && lastPicked ? lastPicked : id), ids.indexOf(id)].sort((a, b) => a - b);
    for (const each of ids.slice(Math.max(0, from), to + 1))
      on ? selection.set(each, rows.get(each).job) : selection.delete(each);
    lastPicked = id;
    mark();
  }

  function pickAll(on) {
    for (const [id, row] of rows) on ? selection.set(id, row.job) : selection.delete(id);
    mark();
  }

  async function selectAll() {
    try {
      for (let at = 1; at <= MOST_SELECTED / STEP; at++) {
        const { data, meta: where } = await api.list({ ...query(), per_page: STEP, page: at }, changes.signal);
        for (const job of data) selection.set(job.uuid, job);
        if (at >= where.last_page) break;
      }
    } catch (failure) {
      if (!changes.signal.aborted) toast(failure.message, 'wrong');
    }
    mark();
  }

  function mark() {
    for (const [id, row] of rows) row.picked(selection.has(id));
    const picked = [...rows.keys()].filter((id) => selection.has(id)).length;
    all.checked = picked > 0 && picked === rows.size;
    all.indeterminate = picked > 0 && picked < rows.size;
    bulk.update(filter.get('id') ? 0 : (meta?.total ?? 0), all.checked);
  }

  async function deleteMatching() {
    const asked = { ...toQuery(filter) };
    asked.created_to ??= wholeSeconds(Date.now());
    try {
      const jobs = count(await api.total(asked, signal), 'job');
      const yes = await confirm(
        `Delete ${jobs}?`,
        'All jobs of this filter that exist now are deleted, with their results and logs. Jobs under way are cancelled.',
        `Delete ${jobs}`,
      );
      if (!yes) return;
      toast(`${count(await api.removeAll(asked), 'job')} deleted`);
      selection.clear();
      restart();
    } catch (failure) {
      if (!signal.aborted) toast(failure.message, 'wrong');
    }
  }

  // Keys.
  const current = () => [...rows.values()].find((row) => row.element.contains(document.activeElement));
  const step = (by) => {
    const list = [...rows.values()];
    const at = list.indexOf(current());
    list[at < 0 ? 0 : Math.max(0, Math.min(at + by, list.length - 1))]?.link.focus();
  };
  const once = (verb, words) => async () => {
    const row = current();
    if (!row) return;
    try {
      await verb(row.job.uuid);
      toast(words);
    } catch (failure) {
      toast(failure.message, 'wrong');
    }
  };

  restart();
  const hourFailed = () => {}; // the list says it
  api.poll(10000, signal, () => hour.refresh(signal), hourFailed);
  const clock = setInterval(() => document.hidden || rows.forEach((row) => row.tick()), 1000);
  signal.addEventListener('abort', () => (clearInterval(clock), changes.abort()));

  return {
    update(next) {
      filter = new URLSearchParams(next);
      selection.clear();
      restart();
    },
    keys: {
      '/': () => controls.text.focus(),
      j: () => step(1),
      k: () => step(-1),
      x: () => {
        const row = current();
        if (row) pick(row.job.uuid, !selection.has(row.job.uuid), false);
      },
      r: once(api.rerun, 'Runs again, as a new job'),
      c: async () => {
        const row = current();
        if (row && (await confirm('Cancel 1 job?', 'It ends as cancelled and keeps its log.', 'Cancel it')))
          await once(api.cancel, 'Cancelled')();
      },
    },
  };
}
