// The files that a job left: listed, shown where they can be, downloaded.

import * as api from '../api.js';
import { h, put, visible } from '../dom.js';
import { bytes } from '../format.js';
import { mediaOf, show } from './media.js';
import { download, toast } from './notes.js';

const LARGEST_SHOWN = 20e6;
const LONGEST_TEXT = 200000;

/** A table of a job's files: `{name, bytes, type}` each. */
export function fileTable(id, files, signal) {
  const body = h(
    'tbody',
    {},
    files.map((file) => row(id, file, signal)),
  );
  return h(
    'div',
    { class: 'table-frame', tabindex: 0, role: 'region', 'aria-label': 'Files' },
    h(
      'table',
      { class: 'files' },
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          ['Name', 'Type', 'Size', ''].map((title, index) =>
            h(
              'th',
              { scope: 'col', class: index === 2 && 'number' },
              title || h('span', { class: 'sr-only' }, 'Actions'),
            ),
          ),
        ),
      ),
      body,
    ),
  );
}

function row(id, file, signal) {
  const type = (file.type ?? '').split(';')[0].trim(); // without its parameters
  const fetched = async (use) => {
    try {
      use(await api.file(id, file.name, signal));
    } catch (failure) {
      if (!signal.aborted) toast(failure.message, 'wrong');
    }
  };
  const preview = h('tr', { hidden: true }, h('td', { colspan: 4 }));
  const isText = /^(text\/|application\/(json|xml|javascript))/.test(type);
  const view =
    (isText || mediaOf(type)) &&
    file.bytes <= LARGEST_SHOWN &&
    h(
      'button',
      {
        type: 'button',
        class: 'small',
        'aria-expanded': 'false',
        onclick: () => {
          preview.hidden = !preview.hidden;
          view.setAttribute('aria-expanded', String(!preview.hidden));
          const cell = preview.firstChild;
          if (preview.hidden || cell.hasChildNodes()) return;
          fetched(async (blob) => {
            const media = mediaOf(type);
            if (media) return put(cell, show({ ...media, blob: () => blob.slice(0, blob.size, type) }, file.name));
            const text = await blob.slice(0, LONGEST_TEXT).text();
            put(cell, h('pre', { tabindex: 0 }, visible(text), blob.size > LONGEST_TEXT && '…'));
          });
        },
      },
      'Show',
    );
  return [
    h(
      'tr',
      {},
      h('td', { class: 'mono' }, visible(file.name)),
      h('td', { class: 'muted' }, visible(file.type ?? '')),
      h('td', { class: 'number' }, bytes(file.bytes)),
      h(
        'td',
        { class: 'number' },
        view,
        ' ',
        h(
          'button',
          {
            type: 'button',
            class: 'small',
            'aria-label': `Download ${file.name}`,
            onclick: () => fetched((blob) => download(file.name.split('/').pop(), blob)),
          },
          'Download',
        ),
      ),
    ),
    preview,
  ];
}
