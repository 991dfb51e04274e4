// What the files of a recording say: what is text is text here, and what is to be a number is one.

import * as api from '../api.js';

const FOLDERS = ['trace.recorded/', 'trace/']; // a job that has files of its own in the second has its recording in the first

/** Where a job's recording is among its files; undefined when it has none. */
export function recordingOf(job) {
  return FOLDERS.find((folder) => job.files?.some(({ name }) => name === `${folder}trace.json`));
}

const list = (value) => (Array.isArray(value) ? value.filter((item) => item && typeof item === 'object') : []);
const figure = (value) => (Number.isFinite(value) ? value : 0);
const words = (value) => (typeof value === 'string' ? value : '');
const texts = (value) => (Array.isArray(value) ? value.map(String) : []);

/** The recording's `trace.json`. */
export function readTrace(trace) {
  const calls = list(trace.calls).map((call) => ({
    id: figure(call.id),
    at: figure(call.at),
    duration: Number.isFinite(call.duration) ? call.duration : null,
    name: words(call.name),
    arguments: texts(call.arguments),
    line: call.line && typeof call.line === 'object' ? call.line : null,
    error: words(call.error),
  }));
  const messages = (some) =>
    list(some).map(({ at, level, text }) => ({
      at: figure(at),
      text: words(text),
      bad: level === 'error' || level === 'crash',
    }));
  const frames = list(trace.frames).map(({ at, file }) => ({ at: figure(at), file: words(file) }));
  const ended = Math.max(1, figure(trace.ended), ...frames.slice(-1).map(({ at }) => at));
  if (words(trace.screenshot)) frames.push({ at: ended, file: trace.screenshot, last: true });
  return {
    calls,
    frames,
    ended,
    notes: texts(trace.notes),
    navigations: list(trace.navigations).map(({ at, url, main }) => ({ at: figure(at), url: words(url), main })),
    messages: [...messages(trace.console), ...messages(trace.page_errors)].sort((one, other) => one.at - other.at),
    html: words(trace.html),
  };
}

/** The requests of its `network.har`. */
export function readHar(har) {
  return list(har?.log?.entries).map((entry) => {
    const status = figure(entry.response?.status);
    return {
      at: figure(entry._at),
      time: Math.max(0, figure(entry.time)),
      receive: Math.max(0, figure(entry.timings?.receive)),
      method: words(entry.request?.method),
      url: words(entry.request?.url),
      type: words(entry._resourceType),
      status,
      size: Math.max(figure(entry.response?.content?.size), figure(entry.response?._transferSize)),
      error: words(entry.response?._error),
      cache: words(entry._fromCache),
      unfinished: entry._unfinished === true,
      failed: status >= 400 || Boolean(entry.response?._error),
      sent: bodyOf(entry.request?.postData),
      content: bodyOf(entry.response?.content),
    };
  });
}

/** A body as it was recorded, or null: its text, unless it was no text. */
function bodyOf(body) {
  if (typeof body?.text !== 'string') return null;
  return { type: words(body.mimeType), text: body.text, isBinary: body.encoding === 'base64' };
}

/** Pictures of the job by name, each fetched once; let go with the signal. */
export function pictureStore(id, signal) {
  const known = new Map();
  signal.addEventListener('abort', () => {
    for (const url of known.values()) url.then((made) => made && URL.revokeObjectURL(made));
  });
  return {
    url(name) {
      if (!known.has(name)) {
        const fetched = api.file(id, name, signal).then(
          (blob) => URL.createObjectURL(blob),
          () => null,
        );
        known.set(name, fetched);
      }
      return known.get(name);
    },
  };
}
