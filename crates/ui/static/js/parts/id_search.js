// Looks for jobs by a part of their id: the API knows whole ids only, so summaries are read until enough of them fit.

import * as api from '../api.js';
import { stateOf } from './states.js';

/** Summaries that are read at a step. */
export const STEP = 1000;
/** Steps without being asked again. */
const STEPS = 10;
/** Jobs that are shown. */
const MOST_SHOWN = 1000;

/**
 * Begins a search; each call of the answer reads on and tells what was found so far. `query` has the filter's other
 * conditions, and `progress` hears how many jobs were found among how many.
 */
export function idSearch({ id, state, query, signal, progress }) {
  const text = id.toLowerCase();
  const found = new Map();
  let step = 0,
    last = 1,
    whole = 0;
  return async () => {
    const until = step + STEPS;
    if (step === 0) {
      const direct = await api.read(id, signal).catch(() => null);
      if (direct && (!state || stateOf(direct) === state)) found.set(direct.uuid, direct);
    }
    while (step < Math.min(last, until)) {
      const { data, meta } = await api.list({ ...query(), per_page: STEP, page: ++step }, signal);
      [last, whole] = [meta.last_page, meta.total];
      for (const job of data) if (job.uuid.toLowerCase().includes(text)) found.set(job.uuid, job);
      progress(found.size, Math.min(step * STEP, whole));
    }
    const newest = [...found.values()].sort((a, b) => b.created_at.localeCompare(a.created_at));
    return { jobs: newest.slice(0, MOST_SHOWN), found: found.size, hasOlder: step < last };
  };
}
