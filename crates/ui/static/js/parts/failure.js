// Why a job failed: its error, and the line it points at with three lines around.

import { h, visible } from '../dom.js';

const AROUND = 3;
/** How many columns of a line are in sight. */
const SEEN = 60;
/** How much of a line stands before a place that is not among these. */
const BEFORE = 20;

/** What the card of a failed job holds. */
export function whyItFailed(job) {
  const at = errorPlace(job);
  return [
    h('p', {}, visible(job.error)),
    at?.source !== undefined && excerpt(at.source, job.error_at),
    at && h('span', { class: 'muted' }, at.words),
    job.error_stack && h('details', {}, h('summary', {}, 'Stack'), h('pre', { tabindex: 0 }, visible(job.error_stack))),
  ];
}

/** The source that a job's `error_at` means, and the place in words; undefined when the job names none. */
export function errorPlace({ code, modules, error_at: at }) {
  if (!at) return undefined;
  const name = (at.module ?? '').replace(/^file:\/\/\/puppet-master\/(module\/)?/, '');
  const own = !name || name === 'code';
  const source = own ? code : Object.hasOwn(modules ?? {}, name) ? modules[name] : undefined;
  const column = at.column ? `, column ${at.column}` : '';
  return { source, words: `${own ? 'Code' : `Module ${name}`}, line ${at.line}${column}` };
}

/** The line with those around it. A place far to the right is brought into sight. */
export function excerpt(source, { line, column }, label = `Code around line ${line}`) {
  const lines = source.split('\n');
  if (line < 1 || line > lines.length) return null;
  const first = Math.max(1, line - AROUND);
  return h(
    'div',
    { class: 'excerpt', tabindex: 0, role: 'region', 'aria-label': label },
    lines.slice(first - 1, line + AROUND).flatMap((text, index) => {
      const at = first + index === line;
      const left = at && column > SEEN ? column - BEFORE : 0;
      const shown = (left ? '…' : '') + text.slice(left, left + 500);
      const row = h(
        'div',
        { class: at && 'at' },
        h('span', {}, String(first + index)),
        h('span', {}, visible(shown)),
      );
      const caret =
        at && column
          ? h(
              'div',
              {},
              h('span', {}),
              h(
                'span',
                { class: 'caret', 'aria-hidden': 'true' },
                `${shown.slice(0, column - 1 - left + (left ? 1 : 0)).replace(/[^\t]/g, ' ')}^`,
              ),
            )
          : null;
      return caret ? [row, caret] : [row];
    }),
  );
}
