// Runs every script of this folder with Node and writes what each of them does to expected.json.
//
//     node record.mjs NODE_MODULES
//
// NODE_MODULES has a package `puppeteer` that launches a Chromium of this machine, and stand-ins for puppeteer-extra,
// its plugins and dotenv. A picture or a PDF is told by its kind, since its bytes differ from run to run.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const here = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const expected = {};
for (const name of fs.readdirSync(here).filter((file) => /\.[cm]js$/.test(file) && file !== 'record.mjs')) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'record-'));
  fs.symlinkSync(path.resolve(process.argv[2]), path.join(folder, 'node_modules'));
  fs.copyFileSync(path.join(here, name), path.join(folder, name));
  const run = spawnSync(process.execPath, [name], { cwd: folder, encoding: 'utf8', timeout: 60000 });
  const files = {};
  for (const file of fs.readdirSync(folder, { recursive: true }).map(String)) {
    if (file === name || file.startsWith('node_modules') || fs.statSync(path.join(folder, file)).isDirectory()) continue;
    files[file] = kind(fs.readFileSync(path.join(folder, file)));
  }
  expected[name] = { code: run.status, lines: run.stdout.split('\n').slice(0, -1), files };
  fs.rmSync(folder, { recursive: true });
  if (run.status !== 0) console.error(name, run.status, run.stderr.slice(0, 300));
}
fs.writeFileSync(path.join(here, 'expected.json'), `${JSON.stringify(expected, null, 2)}\n`);

function kind(bytes) {
  if (bytes.subarray(0, 4).toString('latin1') === '%PDF') return 'pdf';
  if (bytes.subarray(1, 4).toString('latin1') === 'PNG') return `png ${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`;
  return bytes.toString('utf8');
}
