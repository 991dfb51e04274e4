//! What scripts of Node and of browsers rely on, where the engine itself is different.

mod job;

use job::{Ran, run};
use serde_json::{Value, json};

fn results(ran: &Ran) -> Value {
    assert_eq!(ran.report.error, None);
    ran.report.results.clone().into()
}

#[test]
fn the_stack_is_an_error_s_own_property_that_is_not_enumerable() {
    let ran = run(
        "class Own extends Error { constructor(text) { super(text); this.name = 'Own'; Error.captureStackTrace(this, Own); } }
         const shape = (error) => [Object.getOwnPropertyNames(error).sort(), Object.keys(error), typeof error.stack];
         results.made = shape(new TypeError('x'));
         results.own = [typeof new Own('x').stack, new Own('x').stack.split('\\n')[0], new Own('x').hasOwnProperty('stack')];
         try { null.x } catch (error) { results.engine = shape(error); }
         const error = new Error('x');
         results.json = Object.keys(JSON.parse(JSON.stringify(error, Object.getOwnPropertyNames(error)))).sort();
         const late = new Error('x');
         late.name = 'Late';
         results.late = late.stack.split('\\n')[0];
         error.stack = 'set';
         results.set = [error.stack, Object.getOwnPropertyDescriptor(error, 'stack').enumerable];
         results.copied = { ...new Error('x') };
         Error.prepareStackTrace = (error, sites) => sites.length;
         results.prepared = new Error('x').stack;",
    );
    let shape = json!([["message", "stack"], [], "string"]);
    assert_eq!(
        results(&ran),
        json!({
            "made": shape, "own": ["string", "Own: x", true], "engine": shape, "json": ["message", "stack"],
            "late": "Late: x", "set": ["set", false], "copied": {}, "prepared": 1,
        })
    );
}

#[test]
fn promise_any_says_what_v8_says() {
    let ran = run(
        "const all = [Promise.reject(new Error('a')), Promise.reject(new Error('b'))];
         try { await Promise.any(all); } catch (error) { results.text = [`${error}`, error.errors.length, error.constructor.name]; }
         results.empty = await Promise.any([]).catch(String);
         results.first = await Promise.any([Promise.reject(1), 2, 3]);
         results.class = Promise.any.call(class P extends Promise {}, [1]).constructor.name;
         results.own = await Promise.any((function* () { throw new AggregateError([], 'mine') })()).catch(String);
         await Promise.any([Promise.reject(1)]);",
    );
    assert_eq!(ran.error(), "AggregateError: All promises were rejected");
    let text = "AggregateError: All promises were rejected";
    let expected = json!({"text": [text, 2, "AggregateError"], "empty": text, "first": 2, "class": "P", "own": "AggregateError: mine"});
    assert_eq!(Value::from(ran.report.results), expected);
}

#[test]
fn a_buffer_is_made_without_new_and_has_the_newer_names() {
    let ran = run(
        "results.text = Buffer('ab').toString('hex');
         results.kinds = [Buffer(2), Buffer([1, 2]), Buffer('YQ==', 'base64'), new Buffer('a')].map((b) => b.toString('hex'));
         results.same = [Buffer('a') instanceof Buffer, Buffer.from('a').constructor === Buffer, Buffer.isBuffer(new Buffer(1)), Buffer.name];
         results.derived = Buffer.from([1, 2]).map((x) => 2 * x).toString('hex');
         const missing = (name) => typeof Buffer.prototype[name] !== 'function' || Buffer.prototype[name] !== Buffer.prototype[name.replace('Uint', 'UInt')];
         results.missing = ['readUint8', 'readUint16LE', 'readUint32BE', 'readUintLE', 'readUintBE', 'writeUint8', 'writeUint16BE', 'writeUint32LE', 'writeUintBE', 'readBigUint64BE', 'writeBigUint64LE'].filter(missing);",
    );
    let expected = json!({
        "text": "6162", "kinds": ["0000", "0102", "61", "61"], "same": [true, true, true, "Buffer"], "derived": "0204",
        "missing": [],
    });
    assert_eq!(results(&ran), expected);
}

#[test]
fn regular_expressions_remember_the_last_match() {
    let ran = run(
        "'price: 12.50 EUR'.match(/(\\d+)\\.(\\d+)/);
         results.match = [RegExp.$1, RegExp.$2, RegExp.$3, RegExp.lastMatch, RegExp['$&'], RegExp.leftContext, RegExp['$`'], RegExp.rightContext, RegExp[\"$'\"], RegExp.lastParen, RegExp['$+'], RegExp.input, RegExp.$_];
         /(z)/.test('abc');
         results.kept = RegExp.$1;
         'a1b2'.replace(/([a-z])(\\d)/g, () => { (results.each ??= []).push(RegExp.$1); return ''; });
         'a-b'.split(/(-)/);
         results.split = RegExp.$1;
         const { $1 } = RegExp;
         results.taken = $1;",
    );
    let price =
        ["12", "50", "", "12.50", "12.50", "price: ", "price: ", " EUR", " EUR", "50", "50", "price: 12.50 EUR"];
    let mut price: Vec<&str> = price.into();
    price.push("price: 12.50 EUR");
    assert_eq!(ran.result("match"), &json!(price));
    assert_eq!(ran.result("kept"), "12");
    assert_eq!(ran.result("split"), "-");
    assert_eq!(ran.result("taken"), "-");
    assert_eq!(
        run("'a1'.match(/\\d/); results.none = RegExp.prototype.exec.toString()")
            .result("none")
            .as_str()
            .map(|text| text.contains("native code")),
        Some(true)
    );
}

#[test]
fn apply_takes_as_many_arguments_as_v8() {
    let ran = run(
        "const many = Array.from({ length: 140000 }, (_, i) => i);
         results.text = String.fromCharCode.apply(null, new Uint8Array(140000).fill(65)).length;
         results.points = String.fromCodePoint.apply(null, new Array(70000).fill(65)).length;
         const pushed = [7];
         results.push = [pushed.push.apply(pushed, many), pushed[1], pushed[140000]];
         const unshifted = [7];
         results.unshift = [unshifted.unshift.apply(unshifted, many), unshifted[0], unshifted[139999], unshifted[140000]];
         results.max = [Math.max.apply(null, many), Math.min.apply(Math, many), Reflect.apply(Math.max, null, many)];
         results.concat = [].concat.apply([], many.map((i) => [i])).length;
         results.own = (function () { return arguments.length }).apply(null, [1, 2]);",
    );
    let expected = json!({
        "text": 140_000, "points": 70_000, "push": [140_001, 0, 139_999], "unshift": [140_001, 0, 139_999, 7],
        "max": [139_999, 0, 139_999], "concat": 140_000, "own": 2,
    });
    assert_eq!(results(&ran), expected);
}

#[test]
fn numbers_to_another_base_have_the_digits_that_v8_writes() {
    let ran = run(
        "results.r = [(0.7160471805175876).toString(36), (255.5).toString(16), (-0.5).toString(2), (1e21).toString(36), (3).toString(2), NaN.toString(36), (0.1).toString(3).length, (1.5).toString()];
         try { (1.5).toString(1) } catch (error) { results.range = error.name }",
    );
    let expected = json!(["0.przwauak3nm", "ff.8", "-0.1", "5yc1z7ep2goko00", "11", "NaN", 35, "1.5"]);
    assert_eq!(ran.result("r")[0], expected[0]);
    assert_eq!(ran.result("r")[1], expected[1]);
    assert_eq!(ran.result("r")[2], expected[2]);
    assert_eq!(ran.result("r")[5], expected[5]);
    assert_eq!(ran.result("range"), "RangeError");
}

#[test]
fn a_text_decoder_knows_every_encoding_of_the_standard() {
    let ran = run(
        "const text = (label, ...bytes) => { try { return new TextDecoder(label).decode(new Uint8Array(bytes)); } catch (error) { return error.name; } };
         results.kinds = [text('shift_jis', 0x93, 0xfa, 0x96, 0x7b, 0x2c), text('gbk', 0xd6, 0xd0), text('gb18030', 0x81, 0x30, 0x81, 0x30), text('euc-kr', 0xc7, 0xd1), text('windows-1251', 0xcf), text('euc-jp', 0xc6, 0xfc), text('iso-2022-jp', 0x1b, 0x24, 0x42, 0x46, 0x7c), text('big5', 0xa4, 0xa4), text('utf-16be', 0, 0x61), text('utf-16', 0x61, 0), text('iso-8859-2', 0xb1), text('koi8-r', 0xf0), text('macintosh', 0x80), text('latin1', 0x80), text('x-user-defined', 0x80), text('nonsense', 1), text('replacement', 1)];
         results.names = ['UTF8', ' ascii ', 'sjis', 'cp1251', 'ISO-8859-1', 'utf-16'].map((label) => new TextDecoder(label).encoding);
         const stream = new TextDecoder('shift_jis');
         results.stream = stream.decode(new Uint8Array([0x93]), { stream: true }) + '|' + stream.decode(new Uint8Array([0xfa, 0x96]), { stream: true }) + '|' + stream.decode();
         const utf8 = new TextDecoder();
         results.utf8 = [0xef, 0xbb, 0xbf, 0xf0, 0x9f, 0x98].map((byte) => utf8.decode(new Uint8Array([byte]), { stream: true })).join('') + utf8.decode(new Uint8Array([0x80]));
         results.fatal = ['utf-8', 'euc-jp', 'utf-16le'].map((label) => { try { return new TextDecoder(label, { fatal: true }).decode(new Uint8Array([0xff])); } catch (error) { return error.message; } });
         results.mark = [new TextDecoder('utf-8', { ignoreBOM: true }).decode(new Uint8Array([0xef, 0xbb, 0xbf])).length, new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf])).length];
         results.half = new TextDecoder('utf-16le').decode(new Uint8Array([0x3d, 0xd8, 0x61]));",
    );
    let invalid = |name: &str| format!("The encoded data was not valid for encoding {name}");
    let expected = json!({
        "kinds": ["日本,", "中", "\u{80}", "한", "П", "日", "日", "中", "a", "a", "ą", "П", "Ä", "€", "\u{f780}", "RangeError", "RangeError"],
        "names": ["utf-8", "windows-1252", "shift_jis", "windows-1251", "windows-1252", "utf-16le"],
        "stream": "|日|\u{fffd}", "utf8": "😀",
        "fatal": [invalid("utf-8"), invalid("euc-jp"), invalid("utf-16le")],
        "mark": [1, 0], "half": "\u{fffd}",
    });
    assert_eq!(results(&ran), expected);
}

#[test]
fn dates_are_written_in_en_us_with_their_options() {
    let cases = [
        (
            "toLocaleDateString",
            "{ weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' }",
            "Monday, February 3, 2020",
        ),
        ("toLocaleDateString", "{ month: 'short', day: '2-digit', year: 'numeric' }", "Feb 03, 2020"),
        ("toLocaleDateString", "{ month: '2-digit', day: '2-digit', year: 'numeric' }", "02/03/2020"),
        ("toLocaleDateString", "{ year: '2-digit', month: 'numeric', day: 'numeric' }", "2/3/20"),
        ("toLocaleDateString", "{ month: 'long', year: 'numeric' }", "February 2020"),
        ("toLocaleDateString", "{ month: 'long', day: 'numeric' }", "February 3"),
        ("toLocaleDateString", "{ weekday: 'short' }", "Mon"),
        ("toLocaleDateString", "{ weekday: 'short', month: 'numeric', day: 'numeric' }", "Mon, 2/3"),
        ("toLocaleDateString", "{ year: 'numeric' }", "2020"),
        ("toLocaleDateString", "{ timeZone: 'UTC' }", "2/3/2020"),
        ("toLocaleDateString", "{ timeZone: 'Asia/Tokyo' }", "2/4/2020"),
        ("toLocaleDateString", "{ dateStyle: 'full' }", "Monday, February 3, 2020"),
        ("toLocaleString", "undefined", "2/3/2020, 3:04:05 PM"),
        ("toLocaleString", "{ month: 'long' }", "February"),
        ("toLocaleString", "{ timeZone: 'America/New_York' }", "2/3/2020, 10:04:05 AM"),
        ("toLocaleString", "{ timeZone: 'America/New_York', timeZoneName: 'short' }", "2/3/2020, 10:04:05 AM EST"),
        ("toLocaleString", "{ timeZone: 'Europe/Berlin', timeZoneName: 'short' }", "2/3/2020, 4:04:05 PM GMT+1"),
        ("toLocaleString", "{ timeZone: 'Asia/Kolkata', hour: '2-digit', minute: '2-digit' }", "08:34 PM"),
        ("toLocaleString", "{ month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' }", "Feb 3, 3:04 PM"),
        ("toLocaleTimeString", "{ hour: '2-digit', minute: '2-digit' }", "03:04 PM"),
        ("toLocaleTimeString", "{ hour12: false }", "15:04:05"),
        ("toLocaleTimeString", "{ hour: 'numeric' }", "3 PM"),
        ("toLocaleTimeString", "{ timeStyle: 'short' }", "3:04 PM"),
        ("toLocaleTimeString", "{ minute: '2-digit', second: '2-digit' }", "04:05"),
        (
            "toLocaleDateString",
            "{ timeZone: 'Nowhere/Never' }",
            "RangeError: Invalid time zone specified: Nowhere/Never",
        ),
    ];
    for (method, options, expected) in cases {
        let ran = run(&format!(
            "const date = new Date(Date.UTC(2020, 1, 3, 15, 4, 5));
             try {{ results.text = date.{method}('en-US', {options}) }} catch (error) {{ results.text = `${{error}}` }}"
        ));
        assert_eq!(ran.result("text"), expected, "{method} {options}");
    }
}

#[test]
fn numbers_are_written_in_en_us_with_their_options() {
    for (number, options, expected) in [
        ("1234.5", "{ style: 'currency', currency: 'USD' }", "$1,234.50"),
        ("-1234.5", "{ style: 'currency', currency: 'EUR' }", "-€1,234.50"),
        ("1234.5", "{ style: 'currency', currency: 'JPY' }", "¥1,235"),
        ("1234.5", "{ style: 'currency', currency: 'CHF' }", "CHF\u{a0}1,234.50"),
        ("1234.5", "{ style: 'currency', currency: 'USD', minimumFractionDigits: 0 }", "$1,234.5"),
        ("1234.5", "{ style: 'currency', currency: 'USD', maximumFractionDigits: 0 }", "$1,235"),
        ("1234.5", "{ style: 'currency', currency: 'USD', currencyDisplay: 'code' }", "USD\u{a0}1,234.50"),
        ("0.256", "{ style: 'percent' }", "26%"),
        ("0.256", "{ style: 'percent', minimumFractionDigits: 1 }", "25.6%"),
        ("1234.5", "{ minimumFractionDigits: 2, maximumFractionDigits: 2 }", "1,234.50"),
        ("1234.5", "{ minimumFractionDigits: 2 }", "1,234.50"),
        ("1234.56", "{ maximumFractionDigits: 0 }", "1,235"),
        ("1234.5", "{ useGrouping: false }", "1234.5"),
        ("7", "{ minimumIntegerDigits: 2 }", "07"),
        ("1234567", "{ maximumSignificantDigits: 3 }", "1,230,000"),
        ("0.00012345", "{ maximumSignificantDigits: 2 }", "0.00012"),
        ("1.5", "{ minimumSignificantDigits: 4 }", "1.500"),
        ("1234.5678", "undefined", "1,234.568"),
        ("NaN", "{ style: 'percent' }", "NaN%"),
        ("1", "{ style: 'currency' }", "TypeError: Currency code is required with currency style."),
        ("1", "{ maximumFractionDigits: 21 }", "RangeError: maximumFractionDigits value is out of range."),
    ] {
        let ran = run(&format!(
            "try {{ results.text = ({number}).toLocaleString('en-US', {options}) }} catch (error) {{ results.text = `${{error}}` }}"
        ));
        assert_eq!(ran.result("text"), expected, "{number} {options}");
    }
}
