// What can be done with a job: run it again, edit it, take a copy of it, end it.

import { href } from '../address.js';
import { h } from '../dom.js';
import { menu } from './menu.js';
import { copy, download } from './notes.js';
import { asCli, asCurl, asFolder } from './share.js';

/** What can be done with a job; `rerun`, `cancel` and `remove` do it. */
export function jobActions(job, { rerun, cancel, remove }) {
  const under = job.status !== 'done';
  return [
    h('button', { type: 'button', onclick: rerun }, 'Run again'),
    h('a', { class: 'button', href: href(['playground'], { job: job.uuid }) }, 'Edit and run'),
    copyMenu(job),
    under && h('button', { type: 'button', class: 'danger apart', onclick: cancel }, 'Cancel'),
    h('button', { type: 'button', class: `danger ${under ? '' : 'apart'}`, onclick: remove }, 'Delete'),
  ];
}

function copyMenu(job) {
  const id = job.uuid;
  return menu('Copy', [
    ['As curl', () => copy(asCurl(job), 'curl command')],
    ['As CLI commands', () => copy(asCli(job), 'Commands')],
    ['Job folder', () => download(`${id}.zip`, asFolder(job, id))],
    ['Job as JSON', () => download(`${id}.json`, JSON.stringify(job, null, 2), 'application/json')],
  ]);
}
