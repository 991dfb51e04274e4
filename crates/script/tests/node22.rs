//! What came to Node after version 12 and has no test of its own: compression, URLPattern, ports, lines of streams.

mod job;

use job::{run, run_with_files};
use serde_json::{Value, json};

fn results(ran: &job::Ran) -> Value {
    assert_eq!(ran.report.error, None, "{:?}", ran.logs);
    ran.report.results.clone().into()
}

/// Errors' words, and what some values look like, where those of Node 22 differ from Node 12 or from the engine's own: what
/// Node 22.23.5 answered for the same expressions, in UTC.
#[test]
fn values_and_errors_are_as_in_node_22() {
    let lines = include_str!("node22/today.jsonl").lines();
    let recorded: Vec<(String, String)> = lines.map(|line| serde_json::from_str(line).expect("two texts")).collect();
    let texts: Vec<&str> = recorded.iter().map(|(text, _)| text.as_str()).collect();
    // The import makes it a script of today.
    let ran = run(&format!(
        "import 'puppeteer';
         const answers = [];
         const show = (value) => typeof value === 'string' ? value : value === undefined ? 'undefined' : JSON.stringify(value);
         for (const text of {}) {{
           try {{ answers.push(show(await (0, eval)(text))) }} catch (error) {{ answers.push(`${{error.name}}: ${{error.message}}`) }}
         }}
         results.answers = answers;",
        json!(texts)
    ));
    let answers = results(&ran)["answers"].clone();
    let wrong: Vec<String> = (recorded.iter().enumerate())
        .filter(|(index, (_, expected))| answers[*index] != expected.as_str())
        .map(|(index, (text, expected))| format!("{text}\n  expected {expected}\n  answered {}", answers[index]))
        .collect();
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn streams_pack_and_unpack() {
    let ran = run(
        "const all = async (readable) => {
           const chunks = [];
           for await (const chunk of readable) chunks.push(chunk);
           return Buffer.concat(chunks);
         };
         const through = (bytes, stream) => all(new Blob([bytes]).stream().pipeThrough(stream));
         const text = 'a line, again and again. '.repeat(20000);
         for (const format of ['gzip', 'deflate', 'deflate-raw']) {
           const packed = await through(text, new CompressionStream(format));
           const unpacked = await through(packed, new DecompressionStream(format));
           results[format] = [packed.length < 5000, unpacked.toString() === text];
         }
         // By Node's zlib.gzipSync('hello').
         const node = Buffer.from('H4sIAAAAAAAAA8tIzcnJBwCGphA2BQAAAA==', 'base64');
         results.node = (await through(node, new DecompressionStream('gzip'))).toString();
         const fails = (bytes, format) => through(bytes, new DecompressionStream(format)).then(() => 'fine', (error) => error.name);
         results.errors = await Promise.all([
           fails(node.subarray(0, 15), 'gzip'), fails(Buffer.concat([node, Buffer.from('x')]), 'gzip'), fails('plain', 'deflate'),
         ]);
         results.kinds = [];
         for (const make of [() => new CompressionStream('lzma'), () => new DecompressionStream()]) {
           try { make(); } catch (error) { results.kinds.push(error.name); }
         }
         const { readable, writable } = new CompressionStream('gzip');
         readable.getReader().read().catch(() => {});
         results.chunk = await writable.getWriter().write('text').catch((error) => error.name);
         const response = new Response(new Blob([text]).stream().pipeThrough(new CompressionStream('gzip')));
         results.response = (await response.arrayBuffer()).byteLength < 5000;",
    );
    assert_eq!(
        results(&ran),
        json!({
            "gzip": [true, true], "deflate": [true, true], "deflate-raw": [true, true], "node": "hello",
            "errors": ["TypeError", "TypeError", "TypeError"], "kinds": ["TypeError", "TypeError"], "chunk": "TypeError", "response": true,
        })
    );
}

#[test]
fn a_packed_bomb_ends_at_the_job_s_memory() {
    let limits = script::Limits { deadline: std::time::Duration::from_secs(60), ..script::Limits::default() };
    let limits = script::Limits { memory_bytes: 128 << 20, ..limits };
    // A few kilobytes that are 800 MiB.
    let ran = job::run_within(
        "const zlib = require('zlib');
         const packed = Buffer.concat(Array(100).fill(zlib.gzipSync(Buffer.alloc(8 << 20))));
         logger.info(packed.length < 1e6);
         results.bytes = zlib.gunzipSync(packed).length;",
        limits,
    );
    assert_eq!(ran.printed(), "true");
    assert!(ran.error().contains("Memory limit"), "{}", ran.error());
}

#[test]
fn zlib_is_nodes() {
    let (ran, files) = run_with_files(
        "const zlib = require('node:zlib'); const fs = require('fs'); const { promisify } = require('util');
         const { pipeline } = require('stream/promises');
         (async () => {
           results.sync = zlib.gunzipSync(zlib.gzipSync('text')).toString();
           results.raw = zlib.inflateRawSync(zlib.deflateRawSync(Buffer.from('text'), { level: 9 })).toString();
           results.unzip = [zlib.unzipSync(zlib.deflateSync('a')), zlib.unzipSync(zlib.gzipSync('b'))].map(String);
           results.promise = (await promisify(zlib.inflate)(zlib.deflateSync('later'))).toString();
           results.crc = [zlib.crc32('hello'), zlib.crc32('world', zlib.crc32('hello '))];
           await pipeline(fs.createReadStream('in.txt'), zlib.createGzip(), fs.createWriteStream('in.txt.gz'));
           await pipeline(fs.createReadStream('in.txt.gz'), zlib.createGunzip(), fs.createWriteStream('out.txt'));
           fs.unlinkSync('in.txt.gz');
           try { zlib.gunzipSync('plain'); } catch (error) { results.error = [error.code, error.message]; }
           try { zlib.gunzipSync(zlib.gzipSync('text').subarray(0, 20)); } catch (error) { results.short = [error.code, error.message]; }
           try { zlib.gunzipSync(zlib.gzipSync('text'), { maxOutputLength: 3 }); } catch (error) { results.large = error.code; }
           try { zlib.brotliCompressSync('x'); } catch (error) { results.brotli = error.message; }
         })();",
        &[("in.txt", "lines\nof text\n")],
    );
    assert_eq!(
        results(&ran),
        json!({
            "sync": "text", "raw": "text", "unzip": ["a", "b"], "promise": "later", "crc": [907_060_870, 222_957_957],
            "error": ["Z_DATA_ERROR", "incorrect header check"], "short": ["Z_BUF_ERROR", "unexpected end of file"],
            "large": "ERR_BUFFER_TOO_LARGE",
            "brotli": "zlib.brotliCompressSync: jobs have gzip and deflate of Node's zlib, no Brotli and no Zstandard",
        })
    );
    assert_eq!(files["out.txt"], "lines\nof text\n");
}

#[test]
fn the_signal_among_a_stream_s_options_destroys_the_stream() {
    let ran = run("const { Readable, Writable, PassThrough } = require('stream');
         const ends = (Class, signal, act) => new Promise((resolve) => {
           const stream = new Class({ signal, read() {}, write() {} });
           stream.on('error', ({ name, code }) => resolve([name, code, stream.destroyed]));
           act?.();
         });
         results.ends = [];
         for (const Class of [Readable, Writable, PassThrough]) {
           const control = new AbortController();
           results.ends.push(await ends(Class, control.signal, () => control.abort()), await ends(Class, AbortSignal.abort()));
         }");
    assert_eq!(results(&ran), json!({"ends": vec![json!(["AbortError", "ABORT_ERR", true]); 6]}));
}

#[test]
fn readline_reads_the_lines_of_a_stream() {
    let (ran, _) = run_with_files(
        "import fs from 'fs'; import readline from 'node:readline'; import { Readable } from 'stream';
         results.lines = [];
         for await (const line of readline.createInterface({ input: fs.createReadStream('urls.txt'), crlfDelay: Infinity })) results.lines.push(line);
         results.heard = await new Promise((resolve) => {
           const heard = [];
           readline.createInterface(Readable.from(['a\\r', '\\nb', 'c\\n', 'ü'])).on('line', (line) => heard.push(line)).on('close', () => resolve(heard));
         });
         const nobody = readline.createInterface({ input: process.stdin });
         try { nobody.question('name?', () => {}); } catch (error) { results.terminal = error.message; }
         results.closed = await new Promise((resolve) => nobody.on('close', () => resolve(nobody.closed)));
         const asked = readline.promises.createInterface({ input: Readable.from(['Ada\\n']) });
         results.answer = await asked.question('name?');",
        &[("urls.txt", "https://a.example/\r\nhttps://b.example/\n\nlast")],
    );
    assert_eq!(
        results(&ran),
        json!({
            "lines": ["https://a.example/", "https://b.example/", "", "last"], "heard": ["a", "bc", "ü"],
            "terminal": "readline: a job has no terminal, nobody answers: give what it asks for as vars (process.env), or the \
                         lines as a stream (`input`)",
            "closed": true, "answer": "Ada",
        })
    );
}

#[test]
fn url_patterns_match() {
    let ran = run("const pattern = new URLPattern({ pathname: '/books/:id(\\\\d+)' });
         results.test = [pattern.test('https://a.example/books/12'), pattern.test({ pathname: '/books/x' })];
         results.groups = pattern.exec('https://a.example/books/12').pathname.groups;
         results.text = new URLPattern('https://*.example/*').exec('https://b.example/x').hostname.groups['0'];
         results.parts = [pattern.pathname, pattern.protocol];
         try { new URLPattern('(', 'x'); } catch (error) { results.error = error.name; }");
    assert_eq!(
        results(&ran),
        json!({
            "test": [true, false], "groups": {"id": "12"}, "text": "b", "parts": ["/books/:id(\\d+)", "*"], "error": "TypeError",
        })
    );
}

#[test]
fn ports_carry_copies() {
    let ran = run(
        "const { port1, port2 } = new MessageChannel();
         const sent = { list: [1] };
         const got = new Promise((resolve) => { port2.onmessage = ({ data, type }) => resolve([data, type, data === sent]); });
         port1.postMessage(sent);
         sent.list.push(2);
         results.got = await got;
         port1.postMessage('unheard');
         const closed = new Promise((resolve) => port2.addEventListener('close', resolve));
         port1.close();
         results.closed = (await closed).type;",
    );
    assert_eq!(results(&ran), json!({"got": [{"list": [1]}, "message", false], "closed": "close"}));
}

#[test]
fn structured_clones_are_as_in_node() {
    let ran = run(
        "const buffer = new ArrayBuffer(4);
         const moved = structuredClone({ buffer, view: new Uint8Array(buffer, 1) }, { transfer: [buffer] });
         results.moved = [buffer.byteLength, moved.buffer.byteLength, moved.view.length, moved.view.buffer === moved.buffer];
         const error = structuredClone(new RangeError('far', { cause: 1 }));
         results.error = [error instanceof RangeError, error.message, error.cause];
         try { structuredClone({ f() {} }); } catch (error) { results.refused = [error.name, error.code, error instanceof DOMException]; }
         results.sparse = 1 in structuredClone([1, , 3]);",
    );
    assert_eq!(
        results(&ran),
        json!({
            "moved": [0, 4, 3, true], "error": [true, "far", 1], "refused": ["DataCloneError", 25, true], "sparse": false,
        })
    );
}
