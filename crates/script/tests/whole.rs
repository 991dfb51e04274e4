//! Whole scripts: Node's modules, CommonJS, the end of a script.

mod job;

use job::{run, run_with_files, run_with_modules};
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
    let ran = run("const { exec } = require('child_process'); exec('ls')");
    let expected = "Unable to resolve dependency: child_process (a job cannot start processes or threads)";
    assert_eq!(ran.error(), expected);
    let ran = run("import axios from 'axios'; import 'fs'");
    assert!(ran.error().starts_with("Unable to resolve dependency: axios"), "{}", ran.error());
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
        assert.deepStrictEqual(new Map([[1, { a: 1 }]]), new Map([[1, { a: 1 }]])); assert.throws(() => assert.equal(1, 2), /equal/);\n\
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
