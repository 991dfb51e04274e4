// The few icons of the frame, drawn in the colour of the text beside them.

import { s } from '../dom.js';

const PATHS = {
  jobs: 'M3 5h14M3 10h14M3 15h14',
  playground: 'M6 4l9 6-9 6z',
  schedules: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 6v4l3 2',
  batches: 'M4 4h12v3H4zM4 9h12v3H4zM4 14h12v3H4z',
  scripts: 'M7 6l-4 4 4 4M13 6l4 4-4 4M11 4l-2 12',
  fleet: 'M3 4h14v5H3zM3 11h14v5H3zM6 6.500h.01M6 13.500h.01',
  docs: 'M5 3h8l3 3v11H5zM8 8h5M8 11h5M8 14h3',
  theme: 'M10 3a7 7 0 1 0 7 7 5.500 5.500 0 0 1-7-7z',
  leave: 'M8 4H4v12h4M9 10h8M14 7l3 3-3 3',
  search: 'M8.500 3.500a5 5 0 1 0 0 10 5 5 0 0 0 0-10zM12.500 12.500L17 17',
};

/** An icon that says nothing: the word beside it does. */
export function icon(name) {
  const path = s('path', {
    d: PATHS[name],
    fill: 'none',
    stroke: 'currentColor',
    'stroke-width': 1.6,
    'stroke-linecap': 'round',
    'stroke-linejoin': 'round',
  });
  return s('svg', { width: 20, height: 20, viewBox: '0 0 20 20', 'aria-hidden': 'true' }, path);
}
