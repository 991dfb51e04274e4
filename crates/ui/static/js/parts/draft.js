// What the playground begins with and keeps: vars may be secrets, so it goes into no storage that outlives the tab.

import { toast } from './notes.js';
import { newJob } from './share.js';

const KEY = 'puppet-master-draft';

/** What is being written: it stays in this tab's storage until the tab is closed. */
export const draft = {
  load() {
    try {
      return JSON.parse(sessionStorage.getItem(KEY));
    } catch {
      return null;
    }
  },
  save(job) {
    try {
      sessionStorage.setItem(KEY, JSON.stringify(job));
    } catch {
      // Larger than the storage: it lives as long as the page.
    }
  },
};

/** A job as the playground holds it, of an example or of a job that was read. */
export const draftOf = (job) => structuredClone({ vars: {}, modules: {}, ...newJob(job) });

/** The job without a proxy whose credentials an answer does not show: such an address is of no use. */
export function withoutShownProxy(job) {
  if (!job.network?.proxy?.includes('***@')) return job;
  const { proxy, ...network } = job.network;
  toast(`The credentials of the proxy ${proxy} are not shown: write them among the options.`, 'wrong');
  return { ...job, network };
}
