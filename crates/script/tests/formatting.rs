//! util.format and util.inspect as Node 12 prints, the console's methods, and the globals beside them.

mod job;

use job::run;
use job_model::Level;
use serde_json::json;

fn prints(expression: &str, expected: &str) {
    assert_eq!(run(&format!("logger.info({expression})")).printed(), expected, "{expression}");
}

#[test]
fn placeholders_follow_util_format() {
    prints(r#""%s %d %i %f %j %%|%c|", "a", "1.5", "1.5", "1.5", {a: 1}, "css""#, r#"a 1.5 1 1.5 {"a":1} %||"#);
    prints(r#""%s %s %s", null, undefined, Symbol("x")"#, "null undefined Symbol(x)");
    prints(r#""%s", {a: {b: 1}}"#, "{ a: [Object] }");
    prints(r#""%s", {toString() { return "mine" }}"#, "mine");
    prints(r#""%d %s", 5n, -0"#, "5n -0");
    prints(r#""%x %s""#, "%x %s");
    prints(r#""%s", "a", "b", {c: 1}"#, "a b { c: 1 }");
}

#[test]
fn values_look_as_in_node_12() {
    prints("new Map([['a', {b: 1}]]), new Set([1, 'x'])", "Map { 'a' => { b: 1 } } Set { 1, 'x' }");
    prints(
        "[function f() {}, () => {}, class A {}, async () => {}]",
        "[ [Function: f], [Function], [class A], [AsyncFunction] ]",
    );
    prints(
        "[new Date(0), new Date(NaN), /x/g, 10n, Symbol('s')]",
        "[ 1970-01-01T00:00:00.000Z, Invalid Date, /x/g, 10n, Symbol(s) ]",
    );
    prints(
        r#"["it's", 'say "hi"', "it's \"both\"", "a\nb\u001b"]"#,
        r#"[ "it's", 'say "hi"', `it's "both"`, 'a\nb\u001b' ]"#,
    );
    prints(
        "{get a() {}, set b(v) {}, ['x-y']: 1, [Symbol('s')]: 2}",
        "{ a: [Getter], b: [Setter], 'x-y': 1, [Symbol(s)]: 2 }",
    );
    prints("Promise.resolve(1), new Promise(() => {})", "Promise { 1 } Promise { <pending> }");
    prints("new (class B extends Map {})([[1, 2]])", "B [Map] { 1 => 2 }");
    prints("Buffer.from('abc'), new Uint8Array(2)", "<Buffer 61 62 63> Uint8Array(2) [ 0, 0 ]");
}

#[test]
fn errors_print_their_stack_and_properties() {
    let ran = run("class MyError extends Error {}\nconst e = new MyError('m'); e.code = 5;\nlogger.info(e)");
    let lines: Vec<&str> = ran.printed().lines().collect();
    assert_eq!(lines[0], "MyError: m");
    assert!(lines[1].starts_with("    at file:///puppet-master/code:2:") && lines[1].ends_with(" {"), "{lines:?}");
    assert_eq!(lines[2..], ["  code: 5", "}"]);
}

/// As in V8, which makes a stack's first line when it is asked for the stack.
#[test]
fn errors_that_name_themselves_print_that_name() {
    let ran = run("class V extends Error { constructor(m) { super(m); this.name = 'V'; this.extra = [1] } }\n\
                   logger.info(new V('x')); const e = new RangeError('r'); void e.stack; e.name = 'Late'; logger.info(e)");
    let lines: Vec<Vec<&str>> = ran.messages(Level::Info).iter().map(|text| text.lines().collect()).collect();
    assert_eq!((lines[0][0], &lines[0][2..]), ("V: x", &["  extra: [ 1 ]", "}"][..]));
    assert_eq!((lines[1][0], &lines[1][2..]), ("RangeError: r", &["  name: 'Late'", "}"][..]));
}

#[test]
fn the_console_has_its_usual_methods() {
    let ran = run(
        "console.group('g'); console.log('a\\nb'); console.groupEnd(); console.count(); console.count('x'); console.count(); \
                   console.table([{a: 1}, {b: 'x'}])",
    );
    assert_eq!(ran.messages(Level::Info)[..5], ["g", "  a\n  b", "default: 1", "x: 1", "default: 2"]);
    let table = "┌─────────┬───┬─────┐\n│ (index) │ a │  b  │\n├─────────┼───┼─────┤\n\
                 │    0    │ 1 │     │\n│    1    │   │ 'x' │\n└─────────┴───┴─────┘";
    assert_eq!(ran.messages(Level::Info)[5], table);
    let ran = run("console.assert(1, 'no'); console.assert(0, 'because %d', 1); console.trace('here')");
    assert_eq!(ran.messages(Level::Warn), ["Assertion failed: because 1"]);
    assert!(ran.messages(Level::Error)[0].starts_with("Trace: here\n    at file:///puppet-master/code:1:"));
}

#[test]
fn buffers_know_their_encodings() {
    let ran = run(r#"
        const b = Buffer.from("héllo €");
        results.texts = ["hex", "base64", "latin1", "utf16le"].map((e) => Buffer.from(b.toString(e), e).toString());
        results.hex = b.toString("hex"); results.base64 = b.toString("base64");
        results.json = Buffer.from([1, 2]); results.concat = Buffer.concat([b.slice(0, 1), Buffer.alloc(2, "z")]).toString();
        results.is = [Buffer.isBuffer(b), b instanceof Uint8Array, b.subarray(0, 1).constructor.name, Buffer.byteLength("€")];
        const n = Buffer.alloc(8); n.writeUInt32BE(0xdeadbeef, 0); n.writeInt16LE(-2, 4);
        results.numbers = [n.readUInt32BE(0), n.readInt16LE(4), n.indexOf(0xbe), b.equals(Buffer.from("héllo €"))];
    "#);
    assert_eq!(ran.result("texts"), &json!(["héllo €", "héllo €", "héllo €", "héllo €"]));
    assert_eq!(ran.result("base64"), "aMOpbGxvIOKCrA==");
    assert_eq!(ran.result("json"), &json!({"type": "Buffer", "data": [1, 2]}));
    assert_eq!(ran.result("concat"), "hzz");
    assert_eq!(ran.result("is"), &json!([true, true, "Buffer", 3]));
    assert_eq!(ran.result("numbers"), &json!([0xdead_beef_u32, -2, 2, true]));
}

#[test]
fn urls_parse_change_and_print() {
    let ran = run(r#"
        const u = new URL("../x?a=1&a=2#h", "http://user@host:8080/p/q"); u.searchParams.append("b", "c d"); u.port = "";
        results.href = u.href; results.all = u.searchParams.getAll("a"); results.json = u;
        try { new URL("nope") } catch (e) { results.error = `${e.name} ${e.code}` }
        results.params = new URLSearchParams({q: "ä", r: "1"}).toString();
    "#);
    assert_eq!(ran.result("href"), "http://user@host/x?a=1&a=2&b=c+d#h");
    assert_eq!((ran.result("all"), ran.result("json")), (&json!(["1", "2"]), ran.result("href")));
    assert_eq!(
        (ran.result("error"), ran.result("params")),
        (&"TypeError ERR_INVALID_URL".into(), &"q=%C3%A4&r=1".into())
    );
}

#[test]
fn the_small_additions_work() {
    let ran = run(r#"
        results.text = new TextDecoder().decode(new TextEncoder().encode("añ"));
        results.base64 = [btoa("hi"), atob("aGk=")];
        const o = {d: new Date(0), m: new Map([[1, {x: 2}]])}; o.self = o; const c = structuredClone(o);
        results.clone = [c.self === c, c.m.get(1).x, c.d instanceof Date, c !== o];
        await new Promise((r) => queueMicrotask(r));
        const t = setInterval(() => { results.ticks = (results.ticks ?? 0) + 1; if (results.ticks === 3) clearInterval(t) }, 1);
        while (results.ticks !== 3) await sleep(1);
    "#);
    assert_eq!((ran.result("text"), ran.result("base64")), (&"añ".into(), &json!(["aGk=", "hi"])));
    assert_eq!((ran.result("clone"), ran.result("ticks")), (&json!([true, 2, true, true]), &3.into()));
}
