// What a text of a result is when it is more than a text: a picture, a PDF, a page. Told by its first bytes.
//
// Pictures are shown by <img>, where SVG runs no script and loads nothing. Pages are shown in a sandboxed frame with an
// origin of its own, where no script of theirs runs: see preview.js.

import { h } from '../dom.js';
import { bytes as size } from '../format.js';
import { download } from './notes.js';

/** Beginnings of base64, with the type they mean. */
const BEGINNINGS = [
  ['iVBORw0KGgo', 'image/png'],
  ['/9j/', 'image/jpeg'],
  ['R0lGOD', 'image/gif'],
  ['UklGR', 'image/webp'],
  ['JVBERi0', 'application/pdf'],
];
const SHORTEST = 64;
const ENDINGS = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/gif': 'gif',
  'image/webp': 'webp',
  'image/svg+xml': 'svg',
  'application/pdf': 'pdf',
  'text/html': 'html',
};

/** `{kind, type, blob()}` of a text, or null when it is nothing but a text. */
export function detect(text) {
  const start = text.slice(0, 200);
  const data = /^data:(image\/(?:png|jpeg|gif|webp|svg\+xml)|application\/pdf)(;base64)?,/.exec(start);
  if (data) {
    const body = text.slice(data[0].length);
    return media(data[1], () => (data[2] ? decode(body) : new TextEncoder().encode(percent(body))));
  }
  if (text.length >= SHORTEST) {
    const [, type] = BEGINNINGS.find(([beginning]) => start.startsWith(beginning)) ?? [];
    if (type && /^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(text)) return media(type, () => decode(text));
  }
  if (/^\s*<svg[\s>]/i.test(start)) return media('image/svg+xml', () => new TextEncoder().encode(text));
  if (/^\s*(<!doctype html|<html[\s>])/i.test(start)) return media('text/html', () => new TextEncoder().encode(text));
  return null;
}

/** `{kind, type}` of a media type that is shown in a way of its own, or null. */
export function mediaOf(type) {
  if (!Object.hasOwn(ENDINGS, type)) return null;
  return { type, kind: type === 'application/pdf' ? 'pdf' : type === 'text/html' ? 'page' : 'picture' };
}

function media(type, read) {
  return { ...mediaOf(type), blob: () => new Blob([read()], { type }) };
}

function decode(text) {
  const binary = atob(text.replace(/\s+/g, ''));
  return Uint8Array.from(binary, (sign) => sign.charCodeAt(0));
}

function percent(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Shows it. `name` is what a download is called. */
export function show({ kind, type, blob }, name) {
  let content;
  try {
    content = blob();
  } catch {
    return h('figure', {}, h('figcaption', { class: 'muted' }, 'This looks like base64 and is not.'));
  }
  // The address lives as long as the page: a frame or a picture that is shown again needs it again.
  const url = URL.createObjectURL(content);
  const ending = `.${ENDINGS[type]}`;
  const caption = h(
    'figcaption',
    { class: 'row' },
    h('span', { class: 'muted' }, `${type}, ${size(content.size)}`),
    h(
      'button',
      {
        type: 'button',
        class: 'small',
        onclick: () => download(name.endsWith(ending) ? name : `${name}${ending}`, content),
      },
      'Download',
    ),
  );
  if (kind === 'picture') {
    const picture = h('img', {
      src: url,
      alt: `Picture ${name}`,
      loading: 'lazy',
      onerror: () => picture.replaceWith(h('span', { class: 'muted' }, 'This picture cannot be shown.')),
    });
    return h('figure', {}, picture, caption);
  }
  if (kind === 'pdf') {
    // The viewer for PDF is not a page of ours and does not run in a sandboxed frame.
    caption.append(h('a', { class: 'button', href: url, target: '_blank', rel: 'noopener' }, 'Open'));
    return h('figure', {}, navigator.pdfViewerEnabled && h('iframe', { src: url, title: `PDF ${name}` }), caption);
  }
  const frame = h('iframe', {
    src: 'ui/preview.html',
    sandbox: 'allow-scripts',
    title: `Page ${name}`,
    referrerpolicy: 'no-referrer',
    loading: 'lazy',
    // The frame has an origin of its own, which has no name.
    onload: async () => frame.contentWindow.postMessage(await content.text(), '*'),
  });
  return h('figure', {}, frame, caption);
}
