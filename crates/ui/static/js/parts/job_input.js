// What a job was made of, to read.

import { h, visible } from '../dom.js';
import { errorPlace } from './failure.js';

/** The code of a job with its vars and modules; the place of its error is marked. */
export async function jobInput(job) {
  const { source } = await import('./editor.js');
  const failed = errorPlace(job);
  const part = (label, doc) => source({ label, doc, at: failed && failed.source === doc ? job.error_at : null });
  const vars = Object.entries(job.vars ?? {});
  return [
    part('Code', job.code),
    h(
      'section',
      {},
      h('h2', {}, 'Vars'),
      vars.length
        ? h(
            'dl',
            { class: 'pairs' },
            vars.map(([name, value]) => [h('dt', {}, visible(name)), h('dd', { tabindex: 0 }, visible(value))]),
          )
        : h('p', { class: 'muted' }, 'This job has no vars.'),
    ),
    Object.entries(job.modules ?? {}).map(([name, text]) => part(`Module ${name}`, text)),
  ];
}
