// Runs every script of this folder with Node and writes what each of them does to expected.json.
//
//     node record.mjs NODE_MODULES [SCRIPT …]
//
// NODE_MODULES has a package `puppeteer` that is the newest puppeteer-core and launches a Chromium of this machine, and
// stand-ins for puppeteer-extra, its plugins and dotenv. Node must be one that runs TypeScript (24). Scripts that are named
// are recorded anew, the others stay. A folder of a script's name has the modules that it imports. A picture or a PDF is
// told by its kind, since its bytes differ from run to run.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const here = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const [modules, ...chosen] = process.argv.slice(2);
const file = path.join(here, 'expected.json');
const expected = chosen.length > 0 ? JSON.parse(fs.readFileSync(file, 'utf8')) : {};
const scripts = fs.readdirSync(here).filter((name) => /\.([cm]js|ts)$/.test(name) && name !== 'record.mjs');
for (const name of scripts.filter((name) => chosen.length === 0 || chosen.includes(name))) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'record-'));
  fs.symlinkSync(path.resolve(modules), path.join(folder, 'node_modules'));
  fs.copyFileSync(path.join(here, name), path.join(folder, name));
  if (name.endsWith('.ts')) fs.writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}');
  const stem = path.parse(name).name;
  if (fs.existsSync(path.join(here, stem))) fs.cpSync(path.join(here, stem), path.join(folder, stem), { recursive: true });
  const given = new Set(fs.readdirSync(folder, { recursive: true }).map(String));
  // In the place of `enum` and its like only a whole transformation helps.
  const flags = name.endsWith('.ts') ? ['--experimental-transform-types', '--no-warnings'] : [];
  const run = spawnSync(process.execPath, [...flags, name], { cwd: folder, encoding: 'utf8', timeout: 60000 });
  const files = {};
  for (const left of fs.readdirSync(folder, { recursive: true }).map(String)) {
    if (given.has(left) || left.startsWith('node_modules') || fs.statSync(path.join(folder, left)).isDirectory()) continue;
    files[left] = kind(fs.readFileSync(path.join(folder, left)));
  }
  expected[name] = { code: run.status, lines: run.stdout.split('\n').slice(0, -1), files };
  fs.rmSync(folder, { recursive: true });
  if (run.status !== 0) console.error(name, run.status, run.stderr.slice(0, 600));
}
const sorted = Object.fromEntries(Object.entries(expected).sort(([a], [b]) => (a < b ? -1 : 1)));
fs.writeFileSync(file, `${JSON.stringify(sorted, null, 2)}\n`);

function kind(bytes) {
  if (bytes.subarray(0, 4).toString('latin1') === '%PDF') return 'pdf';
  if (bytes.subarray(1, 4).toString('latin1') === 'PNG') return `png ${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`;
  return bytes.toString('utf8');
}
