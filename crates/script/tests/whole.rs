//! Whole scripts: Node's modules, CommonJS, the end of a script.

mod job;

use job::{run, run_type_script, run_with_files, run_with_modules};
use job_model::{Level, Outcome};
use serde_json::json;

#[test]
fn nodes_modules_are_there_with_and_without_their_scheme() {
    let code = "import path, { join } from 'node:path'; import os from 'os'; import * as url from 'url';\n\
                results.a = [join('a', '../b', 'c'), path.extname('x.tar.gz'), os.EOL, url.fileURLToPath('file:///a%20b')]";
    assert_eq!(run(code).result("a"), &json!(["b/c", ".gz", "\n", "/a b"]));
}

#[test]
fn code_may_be_common_js() {
    let code = "const path = require('path');\nconst { format } = require('node:util');\nundeclared = 1;\n\
                module.exports = { a: 1 };\nresults.a = [path.basename(__filename), __dirname, format('%s', 1), \
                require.main === module, this === exports, undeclared];";
    assert_eq!(run(code).result("a"), &json!(["code", "/", "1", true, true, 1]));
}

#[test]
fn code_that_only_calls_require_ends_as_at_the_predecessor() {
    assert_eq!(run("const fs = require(\"fs\");").error(), "ReferenceError: require is not defined");
}

#[test]
fn modules_resolve_beside_their_importer() {
    let modules = [
        ("lib/a.js", "import { b } from './b.js'; export const a = b + 1"),
        ("lib/b.js", "export const b = 1"),
        ("data.json", r#"{"c": [3]}"#),
        ("old.js", "const { b } = require('./lib/b'); exports.d = b; exports.e = __filename;"),
    ];
    let code = "import 'path'; import { a } from './lib/a'; import data from './data.json' with { type: 'json' };\n\
                import old, { d } from './old.js'; results.a = [a, data.c, d, old.e, import.meta.dirname, import.meta.url]";
    let expected = json!([2, [3], 1, "/old.js", "/", "file:///code"]);
    assert_eq!(run_with_modules(code, &modules).result("a"), &expected);
}

#[test]
fn a_relative_name_without_extension_means_nothing_at_the_predecessor() {
    let ran = run_with_modules("import {x} from './m'", &[("m", "export const x = 1")]);
    assert_eq!(ran.error(), "Unable to resolve dependency: ./m");
    let ran = run_with_modules("import {x} from './m.js'; results.x = x", &[("m.js", "export const x = 1")]);
    assert_eq!(ran.result("x"), 1);
}

#[test]
fn a_missing_module_names_its_importer_and_what_there_is() {
    let ran = run_with_modules("import 'path'; import './a.js'", &[("a.js", "import './nope.js'"), ("b", "")]);
    let expected = "Unable to resolve dependency: ./nope.js (imported by \"a.js\"; modules of the job: a.js, b)";
    assert_eq!(ran.error(), expected);
    let ran = run("const { DatabaseSync } = require('node:sqlite'); new DatabaseSync('a')");
    let expected = "Unable to resolve dependency: node:sqlite (a job has no database: write a file, or send what it found with fetch)";
    assert_eq!(ran.error(), expected);
    let ran = run("import axios from 'axios'; import 'fs'");
    let expected = "Unable to resolve dependency: axios (imported by the code; modules of the job: none; a package of npm \
                    comes with the job as a module, bundled to one file: npm install axios && npx esbuild axios --bundle \
                    --platform=node --format=cjs --outfile=axios.cjs, then --module axios=axios.cjs, or its text as \"axios\" in `modules`)";
    assert_eq!(ran.error(), expected);
}

#[test]
fn what_a_sandbox_lacks_is_refused_at_the_call() {
    let code = "import { exec } from 'child_process'; import { Worker, isMainThread } from 'worker_threads'; import net from 'net';\n\
                import dns from 'dns/promises'; import http from 'http'; import readline from 'readline'; import vm from 'vm';\n\
                const said = (run) => { try { run() } catch (error) { return error.message.split(':')[0] } };\n\
                const input = readline.createInterface({ input: process.stdin });\n\
                results.a = [isMainThread, net.isIP('::1'), said(() => exec('ls')), said(() => new Worker('x')), said(() => net.connect(80)), \
                said(() => http.createServer().listen(1)), said(() => input.question('?', () => {})), said(() => vm.runInThisContext('1')), \
                await dns.lookup('h').catch((error) => error.code)];";
    let expected = json!([
        true,
        6,
        "child_process.exec",
        "worker_threads.Worker",
        "net.connect",
        "server.listen",
        "readline",
        "vm.runInThisContext",
        "ERR_NOT_IN_A_JOB"
    ]);
    assert_eq!(run(code).result("a"), &expected);
}

#[test]
fn files_that_run_everywhere_are_imported_as_common_js() {
    let umd = "!function(t,e){'object'==typeof exports&&'undefined'!=typeof module?module.exports=e():\
               (t='undefined'!=typeof globalThis?globalThis:t||self).lib=e()}(this,(function(){return {v: 7}}));";
    let ran = run_with_modules("import lib from 'lib'; results.v = [lib.v, typeof globalThis.lib]", &[("lib", umd)]);
    assert_eq!(ran.result("v"), &json!([7, "undefined"]));
    let ran = run_with_modules("import 'lib'; results.v = globalThis.lib.v", &[("lib", umd)]);
    assert_eq!(ran.result("v"), 7);
    assert_eq!(run(&format!("{umd} results.v = globalThis.lib.v")).result("v"), 7);
}

#[test]
fn modules_of_both_kinds_use_each_other() {
    let modules = [
        (
            "a.cjs",
            "const b = require('./b.mjs'); module.exports = { sum: b.one + b.default }; module.exports.late = () => require('./c.cjs')",
        ),
        ("b.mjs", "export const one = 1; export default 2"),
        ("c.cjs", "exports.parent = require('./a.cjs').sum"),
    ];
    let code = "import a, { sum } from './a.cjs'; import { createRequire } from 'module';\n\
                results.a = [sum, a.late().parent, createRequire(import.meta.url)('./c.cjs').parent, (await import('./b.mjs')).one]";
    assert_eq!(run_with_modules(code, &modules).result("a"), &json!([3, 3, 3, 1]));
}

#[test]
fn a_whole_script_ends_when_nothing_is_left_to_run() {
    let code = "import { setTimeout as wait } from 'timers/promises';\n\
                async function main() { await wait(20); setTimeout(() => { results.a = 1; }, 20); }\n\
                main().catch(console.error);\nconst t = setInterval(() => {}, 5); t.unref();";
    assert_eq!(run(code).result("a"), 1);
    assert!(run("setTimeout(() => { results.a = 1; }, 20)").report.results.is_empty());
}

#[test]
fn what_nobody_catches_ends_a_whole_script() {
    for (code, error) in [
        (
            "import 'path'; async function main() { throw new Error('late') } main(); setInterval(() => {}, 1000)",
            "late",
        ),
        (
            "import 'path'; setTimeout(() => { throw new TypeError('timer') }, 1); await new Promise(() => {})",
            "TypeError: timer",
        ),
        ("import 'path';\n\nthrow new Error('top')", "top"),
    ] {
        let ran = run(code);
        assert_eq!((ran.error(), ran.report.outcome), (error, Outcome::Failed), "{code}");
        let lines = ran.messages(Level::Error);
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].contains("at ") && lines[0].contains("file:///puppet-master/code:"), "{lines:?}");
    }
    assert_eq!(run("require('path'); throw { a: 1 }").error(), "{ a: 1 }");
    let code = "process.on('unhandledRejection', (reason) => { results.a = reason.message }); require('path');\n\
                Promise.reject(new Error('heard'))";
    assert_eq!(run(code).result("a"), "heard");
}

#[test]
fn process_is_the_jobs() {
    let code = "results.a = [process.env.name, process.cwd(), process.platform, process.argv.length, typeof process.hrtime.bigint()];\n\
                process.stdout.write('one'); process.stdout.write(' line\\n'); process.nextTick((x) => { results.b = x }, 5); await null";
    let ran = run(code);
    assert_eq!(ran.result("a"), &json!(["value", "/", "linux", 2, "bigint"]));
    assert_eq!((ran.printed(), ran.result("b")), ("one line", &5.into()));
    assert_eq!(run("results.a = `a ${`${process.env.name}`} b`").result("a"), "a value b");
    let names = run("results.a = 'process' in globalThis");
    assert_eq!(names.result("a"), false);
}

#[test]
fn process_exit_ends_the_job() {
    let ran =
        run("process.on('exit', (code) => { results.code = code }); results.a = 1; process.exit(0); results.b = 1");
    assert_eq!((ran.report.outcome, ran.error()), (Outcome::Succeeded, ""));
    assert_eq!(serde_json::to_value(&ran.report.results).unwrap(), json!({"a": 1, "code": 0}));
    let ran = run("require('path'); try { process.exit(3) } catch { results.a = 1 } finally { results.b = 1 }");
    assert_eq!((ran.report.outcome, ran.report.results.len()), (Outcome::Failed, 0));
    assert_eq!(ran.error(), "The script ended itself with process.exit(3)");
    let ran = run("require('path'); process.exitCode = 2;");
    assert_eq!(ran.error(), "The script ended itself with process.exit(2)");
}

#[test]
fn digests_and_identifiers_are_nodes() {
    let code = "import crypto, { createHash } from 'crypto';\n\
        results.a = ['md5', 'sha1', 'SHA-256', 'sha512'].map((name) => createHash(name).update('a').update('bc').digest('hex').slice(0, 8));\n\
        results.b = crypto.createHmac('sha256', 'key').update('abc').digest('base64');\n\
        results.c = Buffer.from(await crypto.webcrypto.subtle.digest('SHA-1', new Uint8Array([97, 98, 99]))).toString('hex');\n\
        results.d = [/^[0-9a-f]{8}-[0-9a-f]{4}-4/.test(globalThis.crypto.randomUUID()), crypto.randomBytes(9).length]";
    let ran = run(code);
    assert_eq!(ran.result("a"), &json!(["90015098", "a9993e36", "ba7816bf", "ddaf35a1"]));
    assert_eq!(ran.result("b"), "nBluMtwBdfhvSxy4konWYZ3mvuaZ5MN45oMJ7Zehpqs=");
    assert_eq!(ran.result("c"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_eq!(ran.result("d"), &json!([true, 9]));
}

#[test]
fn the_webs_classes_are_there() {
    let code = "const seen = []; const c = new AbortController(); c.signal.addEventListener('abort', (e) => seen.push(e.type));\n\
        c.abort(); seen.push(c.signal.reason.name, AbortSignal.any([c.signal]).aborted);\n\
        const t = AbortSignal.timeout(5); await new Promise((r) => { t.onabort = r }); seen.push(t.reason.name);\n\
        seen.push(await new Blob(['a', new Uint8Array([98])]).text(), new File(['x'], 'f.txt').name);\n\
        seen.push([...new Headers({ B: '1', a: '2' })].join(), new FormData() instanceof FormData, performance.now() > 0);\n\
        seen.push(new CustomEvent('x', { detail: 3 }).detail, new DOMException('m', 'AbortError').code); results.a = seen";
    let expected = json!(["abort", "AbortError", true, "TimeoutError", "ab", "f.txt", "a,2,b,1", true, true, 3, 20]);
    assert_eq!(run(code).result("a"), &expected);
}

#[test]
fn small_modules_do_what_nodes_do() {
    let code = "import util from 'util'; import EventEmitter, { once } from 'events'; import assert from 'assert';\n\
        import qs from 'querystring'; import url from 'url'; import { StringDecoder } from 'string_decoder';\n\
        const e = new EventEmitter(); setTimeout(() => e.emit('x', 1, 2), 1); const seen = [await once(e, 'x')];\n\
        function Old() { EventEmitter.call(this) } util.inherits(Old, EventEmitter); new Old().on('y', (v) => seen.push(v)).emit('y', 'old');\n\
        seen.push(await util.promisify((a, done) => done(null, a + 1))(1), util.isDeepStrictEqual({ a: [1] }, { a: [1] }));\n\
        assert.deepStrictEqual(new Map([[1, { a: 1 }]]), new Map([[1, { a: 1 }]])); assert.throws(() => assert.equal(1, 2), /^AssertionError \\[ERR_ASSERTION\\]: 1 == 2$/);\n\
        seen.push(qs.stringify({ a: [1, 2], b: 'c d' }), qs.parse('a=1&a=2').a, url.parse('http://u:p@h:1/p?q#h').host);\n\
        const d = new StringDecoder('utf8'); seen.push(d.write(Buffer.from([0xe2, 0x82])) + d.write(Buffer.from([0xac])));\n\
        seen.push(util.parseArgs({ args: ['--n=1', '-v'], options: { n: { type: 'string' }, v: { type: 'boolean', short: 'v' } } }).values);\n\
        results.a = seen";
    let expected = json!([[1, 2], "old", 2, true, "a=1&a=2&b=c%20d", ["1", "2"], "h:1", "€", {"n": "1", "v": true}]);
    assert_eq!(run(code).result("a"), &expected);
}

#[test]
fn files_are_the_jobs_own() {
    let code = r#"
        import fs, { existsSync } from 'node:fs';
        import { mkdir, readFile, writeFile } from 'node:fs/promises';
        import path from 'node:path';
        await mkdir(path.join(import.meta.dirname, 'out/deep'), { recursive: true });
        await writeFile('out/deep/a.json', JSON.stringify({ a: 1 }, null, 2));
        fs.appendFileSync('log.txt', 'one\n'); fs.appendFileSync('log.txt', 'two\n');
        results.read = [await readFile('given.txt', 'utf8'), existsSync('nope'), fs.statSync('log.txt').size];
        results.list = [fs.readdirSync('.'), fs.readdirSync('/out', { recursive: true }), fs.readdirSync('.', { withFileTypes: true }).map((e) => e.isDirectory())];
        const stream = fs.createWriteStream('rows.csv'); stream.write('a,b\n'); stream.write('1,2\n');
        await new Promise((resolve) => stream.end('3,4\n', resolve));
        let text = ''; for await (const chunk of fs.createReadStream('rows.csv', 'utf8')) text += chunk; results.text = text;
        results.code = await readFile('nope').catch((error) => [error.code, error.syscall, error.message]);
        fs.readFile('given.txt', (error, data) => { results.late = `${data}`; fs.unlinkSync('given.txt'); });
        fs.renameSync('log.txt', 'old/log.txt'); fs.rmSync('nope', { force: true });
        try { fs.readFileSync('../../etc/passwd') } catch (error) { results.outside = error.message }
        try { fs.writeFileSync('big', 'x'.repeat(20000)) } catch (error) { results.quota = error.code }
    "#;
    let (ran, files) = run_with_files(code, &[("given.txt", "hello")]);
    assert_eq!(ran.result("read"), &json!(["hello", false, 8]));
    assert_eq!(
        ran.result("list"),
        &json!([["given.txt", "log.txt", "out"], ["deep", "deep/a.json"], [false, false, true]])
    );
    assert_eq!((ran.result("text"), ran.result("late")), (&"a,b\n1,2\n3,4\n".into(), &"hello".into()));
    assert_eq!(ran.result("code"), &json!(["ENOENT", "open", "ENOENT: no such file or directory, open 'nope'"]));
    assert!(ran.result("outside").as_str().unwrap().contains("not allowed"));
    assert_eq!(ran.result("quota"), "EDQUOT");
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(names, ["old/log.txt", "out/deep/a.json", "rows.csv"]);
    assert_eq!(files["out/deep/a.json"], "{\n  \"a\": 1\n}");
}

#[test]
fn type_script_runs_where_its_author_wrote_it() {
    let code = "#!/usr/bin/env node\nimport path from 'node:path';\nimport { half, type Half } from './half';\nimport { Only } from './types.ts';\n\
                interface Row { name: string; n?: number }\nconst rows: Row[] = [{ name: 'x' } as Row];\n\
                const first = <T,>(list: T[]): T => list[0]!;\nconst h: Half = half(4);\nlet o: Only | undefined;\n\
                results.a = [first(rows).name, h, path.sep];\n  throw new Error(first<string>(['here']) as string);";
    let modules = [
        ("half.ts", "export type Half = number;\nexport function half(x: number): Half { return x / 2; }"),
        ("types.ts", "export interface Only { a: 1 }"),
    ];
    let ran = run_type_script(code, &modules);
    assert_eq!((ran.error(), &ran.report.results["a"]), ("here", &json!(["x", 2, "/"])));
    let (module, line, _) = place(&ran);
    assert_eq!((module, line), ("code", 11), "{:?}", ran.report.error_stack);
    // Without Node's modules it is the body of a function.
    let ran = run_type_script("const n: number = vars.name!.length;\nif (n as any) return { n };\nresults.b = 1", &[]);
    assert_eq!(serde_json::to_value(&ran.report.results).unwrap(), json!({"n": 5}));
}

#[test]
fn what_type_script_writes_out_keeps_its_places() {
    let code = "import 'path';\ntype A = string;\nenum Kind { A, B = 7 }\nclass C {\n  constructor(readonly x: Kind) {}\n\
                  fail(): never {\n    const a: A = `${this.x}`;\n    throw new RangeError(a);\n  }\n}\nnew C(Kind.B).fail();";
    let ran = run_type_script(code, &[]);
    assert_eq!((ran.error(), place(&ran).0, place(&ran).1), ("RangeError: 7", "code", 8));
    let stack: Vec<&str> = ran.report.error_stack.as_deref().unwrap().lines().collect();
    assert!(stack[1].starts_with("    at fail (file:///puppet-master/code:8:"), "{stack:?}");
    assert!(stack[2].contains("code:11:"), "{stack:?}");
    let modules = [(
        "kinds.ts",
        "type B = 1;\nexport enum Kind { A, B }\nexport const f = (): never => {\n  throw new Error('deep');\n};",
    )];
    let ran = run_with_modules("import { Kind, f } from './kinds.ts'; results.k = Kind.B; f()", &modules);
    assert_eq!(
        (ran.error(), place(&ran).0, place(&ran).1, &ran.report.results["k"]),
        ("deep", "kinds.ts", 4, &json!(1))
    );
}

#[test]
fn what_is_not_type_script_is_shown() {
    let modules = [("bad.ts", "let a = 1;\n\tlet b: = 2;"), ("bad.cts", "const a = 1;\nexports.a = a as;")];
    for (code, name, line, column) in [
        ("import './bad.ts'", "bad.ts", 2, 9),
        ("require('./bad.cts')", "bad.cts", 2, 17),
        ("await import('bad.ts')", "bad.ts", 2, 9),
    ] {
        let ran = run_with_modules(code, &modules);
        assert_eq!(place(&ran), (name, line, column), "{code}: {:?}", ran.report.error_stack);
        assert!(ran.error().starts_with("SyntaxError: "), "{}", ran.error());
    }
    let ran = run_type_script("let a = 1;\nlet b: = 2;", &[]);
    assert_eq!(place(&ran), ("code", 2, 8));
    let stack = ran.report.error_stack.as_deref().unwrap();
    assert!(stack.ends_with("    at file:///puppet-master/code:2:8\n\n2 | let b: = 2;\n  |        ^"), "{stack}");
    assert_eq!(ran.messages(Level::Error).len(), 1);
    // What no module is asked for is not read.
    assert_eq!(run_with_modules("results.a = 1", &modules).result("a"), 1);
}

fn place(ran: &job::Ran) -> (&str, u32, u32) {
    let at = ran.report.error_at.as_ref().unwrap_or_else(|| panic!("no place: {:?}", ran.report.error));
    (&at.module, at.line, at.column)
}

#[test]
fn an_error_that_is_thrown_again_keeps_its_place() {
    let ran =
        run("import 'path';\nfunction f() {\n  throw new Error('first');\n}\ntry { f() } catch (e) {\n  throw e;\n}");
    assert_eq!((place(&ran).1, ran.messages(Level::Error).len()), (3, 1), "{:?}", ran.report.error_stack);
    let ran = run("import 'path';\n\nthrow new Error(String(1))");
    assert_eq!(place(&ran).1, 3, "{:?}", ran.report.error_stack);
}

#[test]
fn what_an_op_looked_at_is_nobodys_error_later() {
    let code = "import { writeFile } from 'node:fs/promises'; await writeFile('a', 'b');\n\
                const fs = await import('node:fs'); results.a = fs.readFileSync('a', 'utf8');";
    let (ran, _) = run_with_files(code, &[]);
    assert_eq!(ran.result("a"), "b");
}

/// What `puppet-master types` prints.
#[test]
fn the_types_name_what_code_sees() {
    let types = include_str!("../../cli/types/job.d.ts");
    let ran = run(
        "results.a = [...Object.keys(globalThis), ...Object.keys(logger), ...Object.keys(files), 'puppeteer', 'util']",
    );
    for name in ran.result("a").as_array().unwrap() {
        let name = name.as_str().unwrap();
        let mut words = types.split(|each: char| !each.is_alphanumeric());
        assert!(words.any(|word| word == name), "{name} is not in job.d.ts");
    }
}
