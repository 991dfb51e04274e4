// The gateway's API: requests with the token, failures that say what was tried, and streams of events.

const KEY = 'puppet-master-token';
const BASE = new URL('.', document.baseURI);
const MANY = { view: 'summary' };

/** What a request that failed was, and what came back. */
export class Failure extends Error {
  constructor(tried, status, message) {
    super(message);
    this.tried = tried;
    this.status = status;
  }
}

/** The token of this tab; it leaves it in the Authorization header only. */
export const token = {
  get: () => sessionStorage.getItem(KEY),
  set: (text) => sessionStorage.setItem(KEY, text),
  forget: () => sessionStorage.removeItem(KEY),
};

/** Tells the frame that the token is refused. */
function refused() {
  token.forget();
  dispatchEvent(new CustomEvent('refused'));
}

async function send(method, path, { body, signal, headers = {}, with: bearer = token.get() } = {}) {
  const tried = `${method} /${path}`;
  let response;
  try {
    response = await fetch(new URL(path, BASE), {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
      headers: { ...headers, ...(bearer ? { Authorization: `Bearer ${bearer}` } : {}) },
      cache: 'no-store',
      credentials: 'omit',
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Failure(tried, 0, 'the gateway cannot be reached');
  }
  if (response.ok) return response;
  const failure = new Failure(tried, response.status, await explain(response));
  if (response.status === 401 && bearer === token.get()) refused();
  throw failure;
}

async function explain(response) {
  const text = await response.text().catch(() => '');
  try {
    const { error, message, errors } = JSON.parse(text);
    const fields = Object.entries(errors ?? {}).map(([field, all]) => `${field}: ${[all].flat().join(', ')}`);
    return [error, ...(fields.length ? fields : [message])].filter(Boolean).join(': ');
  } catch {
    return text.slice(0, 200) || response.statusText || `status ${response.status}`;
  }
}

const json = async (...request) => (await send(...request)).json();
// Of jobs, schedules, scripts and batches: `kind` is the first word of their paths.
const of = (kind, name, verb = '') => `${kind}/${encodeURIComponent(name)}${verb}`;
const path = (id, verb) => of('jobs', id, verb);
/** Names with values as a query; what says nothing is left out. */
const queryOf = (params) => new URLSearchParams(Object.entries(params).filter(([, value]) => value));

/** Whether a token opens the API. */
export async function tryToken(text) {
  await send('GET', `jobs?${new URLSearchParams({ ...MANY, per_page: 1 })}`, { with: text });
}

/** A page of the list, as summaries: `{data, meta}`. */
export function list(params, signal) {
  return json('GET', `jobs?${queryOf({ ...MANY, ...params })}`, { signal });
}

/** How many jobs a filter means. */
export async function total(params, signal) {
  return (await list({ ...params, per_page: 1 }, signal)).meta.total;
}

export const read = async (id, signal) => (await json('GET', path(id), { signal })).data;
export const create = async (job, signal) => (await json('POST', 'jobs', { body: job, signal })).data;
export const rerun = async (id) => (await json('POST', path(id, '/rerun'))).data;
export const cancel = async (id) => (await json('POST', path(id, '/cancel'))).data;
export const remove = (id) => send('DELETE', path(id));
export const removeAll = async (filter) => (await json('DELETE', `jobs?${new URLSearchParams(filter)}`)).deleted;
/** One of a job's files. */
export async function file(id, name, signal) {
  return (
    await send('GET', path(id, `/files/${name.split('/').map(encodeURIComponent).join('/')}`), { signal })
  ).blob();
}

/** A page of a kind: `{data, next}`. */
export const entries = (kind, params, signal) => json('GET', `${kind}?${queryOf(params)}`, { signal });
export const entry = async (kind, name, { params = {}, signal } = {}) =>
  (await json('GET', of(kind, name, `?${new URLSearchParams(params)}`), { signal })).data;
export const putEntry = async (kind, name, body) => (await json('PUT', of(kind, name), { body })).data;
export const removeEntry = (kind, name) => send('DELETE', of(kind, name));
/** Does something with one: its answer's data. */
export const act = async (kind, name, verb, body) => (await json('POST', of(kind, name, `/${verb}`), { body })).data;
/** What the webhook of a job or a batch was told. */
export const deliveries = async (kind, id, signal) => (await json('GET', of(kind, id, '/deliveries'), { signal })).data;
export const redeliver = (kind, id, delivery) =>
  act(kind, id, `deliveries/${encodeURIComponent(delivery)}/redeliver`);

export const address = (text) => new URL(text, BASE).href;

/** Gateways, executors and the queue. */
export const fleet = async (signal) => (await json('GET', 'fleet', { signal })).data;
/** The last hour in numbers. */
export const stats = async (signal) => (await json('GET', 'stats', { signal })).data;
/** Has an executor take no more jobs, or take them again. */
export const drain = async (name, on) =>
  (await json(on ? 'POST' : 'DELETE', `fleet/executors/${encodeURIComponent(name)}/drain`)).data;

/** What the gateway misses, by name; empty when it is ready. */
export async function missing(signal) {
  const response = await fetch(new URL('readyz', BASE), { signal, cache: 'no-store' });
  return (await response.json()).missing ?? {};
}

/**
 * Follows a job until its result. The stream is resumed where it broke off, by the id of the last event that was seen.
 * EventSource cannot send a token, so the stream is read by hand. With `live` the job's calls and its page are events, too.
 */
export async function follow(id, heard, signal) {
  let last = '';
  let pause = 500;
  while (!signal.aborted) {
    try {
      const response = await send('GET', path(id, '/events?live'), {
        signal,
        headers: last ? { 'Last-Event-ID': last } : {},
      });
      pause = 500;
      for await (const event of events(response.body)) {
        if (signal.aborted) return;
        last = event.id || last;
        heard(event.name, JSON.parse(event.data));
        if (event.name === 'result' || event.name === 'deleted') return;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error.status && error.status < 500) throw error;
    }
    await rest(pause, signal);
    pause = Math.min(pause * 2, 8000);
  }
}

/** Server-Sent Events of a body: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream */
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let parts = []; // of a line whose end has not come: a result of megabytes comes in many pieces
  let event = { name: 'message', data: [], id: '' };
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const lines = value.split('\n');
      for (const [index, piece] of lines.entries()) {
        parts.push(piece);
        if (index === lines.length - 1) break;
        const line = parts.join('');
        parts = [];
        if (line === '') {
          if (event.data.length) yield { ...event, data: event.data.join('\n') };
          event = { name: 'message', data: [], id: '' };
          continue;
        }
        const [, field, text] = /^([^:]*):? ?(.*)$/s.exec(line);
        if (field === 'event') event.name = text;
        else if (field === 'data') event.data.push(text);
        else if (field === 'id') event.id = text;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** Waits; ends early when nobody waits any more. */
export function rest(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}

/** Does something now and then until the signal, never while the page is hidden. Failures go to `failed`. */
export async function poll(milliseconds, signal, work, failed = () => {}) {
  let pause = milliseconds;
  while (!signal.aborted) {
    if (document.hidden) {
      await rest(500, signal);
      continue;
    }
    try {
      await work();
      pause = milliseconds;
    } catch (error) {
      if (signal.aborted) return;
      failed(error);
      pause = Math.min(pause * 2, 15000);
    }
    await rest(pause, signal);
  }
}
