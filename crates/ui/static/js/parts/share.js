// A job as something to take along: a command, or a folder that `puppet-master exec` runs.

import { address } from '../api.js';
import { zip } from './zip.js';

/** A text as one word of a POSIX shell: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02_02 */
function word(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** What a client may say of a job beside its code. */
const OPTIONS = ['vars', 'modules', 'files', 'timeout', 'max_attempts', 'api', 'language', 'network', 'record'];

/** What of a job a new one is made of. What says nothing is left out. */
export function newJob(job) {
  const said = OPTIONS.filter((name) => {
    const value = job[name];
    // A job's answer lists the files that it left.
    return !Array.isArray(value) && value && (typeof value !== 'object' || Object.keys(value).length > 0);
  });
  return Object.fromEntries([['code', job.code], ...said.map((name) => [name, job[name]])]);
}

/** A command with curl. The token stays out of it. */
export function asCurl(job) {
  return `curl -H "Authorization: Bearer $PUPPET_MASTER_API_TOKEN" ${word(`${address('jobs')}?wait=60`)} -d ${word(JSON.stringify(newJob(job)))}\n`;
}

/** Commands that write the job's folder and run it through this gateway. */
export function asCli(job) {
  const folder = 'job';
  const lines = Object.entries(files(job)).map(
    ([name, text]) => `printf %s ${word(text)} > ${word(`${folder}/${name}`)}`,
  );
  const modules = Object.keys(job.modules ?? {}).length ? `${folder}/modules` : folder;
  return [
    `mkdir -p ${modules}`,
    ...lines,
    `PUPPET_MASTER_ENDPOINT=${word(address('.').replace(/\/$/, ''))} puppet-master exec ${folder}  # with PUPPET_MASTER_API_TOKEN set`,
    '',
  ].join('\n');
}

/** The job's folder as `puppet-master exec` reads it, by name. */
function files({ code, language, vars, modules }) {
  const main = language === 'ts' ? 'code.ts' : 'code.mjs';
  const all = { [main]: code, 'vars.json': `${JSON.stringify(vars ?? {}, null, 2)}\n` };
  for (const [name, text] of Object.entries(modules ?? {})) {
    const file = fileName(name);
    all[`modules/${/\.[mc]?ts$/.test(file) ? file : `${file}.mjs`}`] = text;
  }
  return all;
}

/** A module's name as a file's: no path leads out of the folder. */
function fileName(name) {
  return name.replace(/[^\w.@-]+/g, '_').replace(/^\.+/, '_');
}

/** The folder as an archive. */
export function asFolder(job, name = 'job') {
  return zip(Object.entries(files(job)).map(([path, text]) => [`${fileName(name)}/${path}`, text]));
}
