// The files that come with a job: chosen on this machine, sent with the job, and found by its code in its folder.

import { h, put, visible } from '../dom.js';
import { bytes } from '../format.js';
import { nameField, without } from './name_field.js';
import { toast } from './notes.js';

const MOST = 16_000_000; // bytes of all files together: they are sent within the job's JSON

/** How large a file is that is sent as `{base64}` or `{text}`; null when it is another job's. */
function sizeOf({ base64, text }) {
  if (typeof base64 === 'string') return Math.floor((base64.length * 3) / 4) - (/=*$/.exec(base64)[0].length || 0);
  return typeof text === 'string' ? new TextEncoder().encode(text).length : null;
}

/** The panel of a job's files. `job()` is the job of now, `edit(changes)` hears of changes. */
export function fileForm({ job, edit }) {
  const panel = h('div', { class: 'pair-list' });
  // A job may say "auto" of its files instead.
  const files = () => (typeof job().files === 'object' ? (job().files ?? {}) : {});

  async function add(chosen) {
    const known = Object.values(files()).reduce((sum, file) => sum + (sizeOf(file) ?? 0), 0);
    const all = [...chosen];
    if (all.reduce((sum, { size }) => sum + size, known) > MOST)
      return toast(`Files of a job have ${bytes(MOST)} together here. Larger ones go by the API.`, 'wrong');
    try {
      const read = await Promise.all(all.map(async (file) => [file.name, { base64: encode(await file.arrayBuffer()) }]));
      edit({ files: { ...files(), ...Object.fromEntries(read) } });
    } catch (failure) {
      toast(`A file cannot be read: ${failure.message}`, 'wrong');
    }
    draw();
  }

  const change = (next) => {
    edit({ files: next });
    draw();
  };

  function draw() {
    const input = h('input', {
      type: 'file',
      multiple: true,
      'aria-label': 'Files to send with the job',
      onchange: () => add(input.files),
    });
    const rows = Object.entries(files()).map(([name, file]) => {
      const size = sizeOf(file);
      const what = file.keep ? 'as it is stored' : size === null ? 'of another job' : bytes(size);
      const field = file.keep
        ? h('span', { class: 'mono' }, visible(name))
        : nameField({ entries: files, name, label: `Name of the file ${name}`, changed: change }).field;
      return h(
        'div',
        { class: 'pair' },
        field,
        h('span', { class: 'muted' }, what),
        h(
          'button',
          { type: 'button', 'aria-label': `Remove ${name}`, onclick: () => change(without(files(), name)) },
          'Remove',
        ),
      );
    });
    put(
      panel,
      h('p', { class: 'muted' }, 'The code finds these in its folder: ', h('code', {}, "await files.read('name')"), '.'),
      rows,
      h('div', {}, input),
    );
  }

  return { panel, draw };
}

function encode(buffer) {
  const [all, parts] = [new Uint8Array(buffer), []];
  // An argument a byte, no more than an engine takes.
  for (let at = 0; at < all.length; at += 8192) parts.push(String.fromCharCode(...all.subarray(at, at + 8192)));
  return btoa(parts.join(''));
}
