// The page of a job while it runs: its picture, the call under way, and where it is.

import { h, put, say, visible } from '../dom.js';
import { duration } from '../format.js';

/** An empty view, which `heard(name, data)` fills with events and `end()` closes. */
export function liveView({ quiet = 'The page is shown here while the job runs.' } = {}) {
  const open = new Map(); // calls under way by id
  let last = null;
  let shown = null; // the address of the picture
  const picture = h('img', { alt: 'The page now', hidden: true });
  const note = h('p', { class: 'muted' }, quiet);
  const call = h('span', { class: 'live-call mono' });
  const place = h('span', { class: 'live-place muted mono' });
  const element = h(
    'figure',
    { class: 'live' },
    h('div', { class: 'live-picture' }, picture, note),
    h('figcaption', {}, call, place),
  );

  function draw() {
    const current = [...open.values()].at(-1) ?? last;
    if (!current) return say(call, '');
    const words = `${current.name}(${current.arguments?.join(', ') ?? ''})`;
    const took = Number.isFinite(current.duration) ? ` ${duration(current.duration)}` : ' …';
    say(call, visible(`${words.length > 160 ? `${words.slice(0, 160)}…` : words}${took}`));
    call.classList.toggle('failed', Boolean(current.error));
  }

  function frame(jpeg) {
    let bytes;
    try {
      bytes = Uint8Array.from(atob(jpeg), (sign) => sign.charCodeAt(0));
    } catch {
      return;
    }
    const url = URL.createObjectURL(new Blob([bytes], { type: 'image/jpeg' }));
    const before = shown;
    shown = url;
    picture.onload = () => before && URL.revokeObjectURL(before);
    picture.src = url;
    picture.hidden = false;
    note.hidden = true;
  }

  function clear() {
    open.clear();
    last = null;
    say(place, '');
    draw();
    picture.hidden = true;
    note.hidden = false;
  }

  return {
    element,
    clear,
    heard(name, data) {
      if (name === 'call' && data && typeof data === 'object') {
        if (Number.isFinite(data.duration)) {
          open.delete(data.id);
          last = data;
        } else {
          open.set(data.id, data);
          if (open.size > 100) open.delete(open.keys().next().value);
        }
        draw();
      }
      if (name === 'navigated' && data.main) say(place, visible(String(data.url).slice(0, 300)));
      if (name === 'frame' && typeof data.jpeg === 'string') frame(data.jpeg);
    },
    /** The job is over: the last picture stays. */
    end(words) {
      open.clear();
      draw();
      if (picture.hidden) put(note, words);
    },
  };
}
