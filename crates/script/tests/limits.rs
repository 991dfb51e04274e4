//! Every limit ends the job with its name and value, and what was stored before is kept.

mod job;

use std::time::Duration;

use job::{run, run_in_a_folder, run_within};
use job_model::{Level, Outcome};
use script::{Limits, Stop};

fn short() -> Limits {
    Limits { deadline: Duration::from_millis(300), ..Limits::default() }
}

const TIME: &str = "Time limit of 0.3 s (JOB_TIMEOUT) exceeded";

#[test]
fn spinning_code_ends_at_the_deadline() {
    assert_eq!(run_within("results.a = 1; while (true) {}", short()).error(), TIME);
}

#[test]
fn partial_results_survive_the_deadline() {
    let ran = run_within("results.a = 1; await new Promise(() => {})", short());
    assert_eq!((ran.error(), &ran.report.results["a"]), (TIME, &1.into()));
    assert!(ran.report.started_at.is_some() && ran.report.finished_at.is_some());
}

#[test]
fn an_endless_chain_of_microtasks_ends_at_the_deadline() {
    assert_eq!(run_within("for (;;) await null", short()).error(), TIME);
}

#[test]
fn an_endless_stream_of_timers_ends_at_the_deadline() {
    assert_eq!(run_within("for (;;) await new Promise((r) => setImmediate(r))", short()).error(), TIME);
}

#[test]
fn a_regular_expression_bomb_ends_at_the_deadline() {
    assert_eq!(run_within(r#"/(a+)+b/.test("a".repeat(40))"#, short()).error(), TIME);
}

#[test]
fn catching_everything_does_not_outlive_the_deadline() {
    assert_eq!(run_within("for (;;) { try { for (;;) {} } catch {} finally { continue } }", short()).error(), TIME);
}

#[test]
fn results_that_never_finish_end_at_the_deadline() {
    assert_eq!(run_within("results.toJSON = () => { for (;;) {} }", short()).error(), TIME);
}

#[test]
fn time_in_the_engine_is_limited_apart_from_waiting() {
    let limits = Limits { cpu: Duration::from_millis(100), ..Limits::default() };
    assert_eq!(
        run_within("await sleep(150); while (true) {}", limits).error(),
        "CPU limit of 0.1 s (JOB_CPU) exceeded"
    );
}

#[test]
fn built_in_functions_that_walk_without_end_are_ended() {
    // The first job of a process reads the prelude.
    run("");
    let limits = Limits { cpu: Duration::from_millis(500), ..Limits::default() };
    for code in [
        "Array.prototype.reverse.call({length: 2 ** 53 - 1})",
        "Array.prototype.join.call({length: 2 ** 31}, '')",
        "Array.prototype.sort.call({length: 2 ** 31})",
        "new RegExp('a|'.repeat(1e7))",
        "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)",
    ] {
        let ran = run_within(&format!("results.kept = 1; {code}"), limits.clone());
        assert_eq!(
            (ran.error(), &ran.report.results["kept"]),
            ("CPU limit of 0.5 s (JOB_CPU) exceeded", &1.into()),
            "{code}"
        );
    }
}

/// Looking for circles takes time by the square of the depth.
#[test]
fn json_is_not_as_deep_as_memory_goes() {
    let ran = run("let a = {}; for (let i = 0; i < 1e6; i++) a = {a}; JSON.stringify(a)");
    assert_eq!(ran.error(), "RangeError: Maximum call stack size exceeded");
}

#[test]
fn memory_is_limited() {
    let limits = Limits { memory_bytes: 32 << 20, ..Limits::default() };
    for code in [
        r#"const a = []; while (true) a.push(new Array(1000).fill("x"));"#,
        "new ArrayBuffer(1e9)",
        r#""x".padEnd(1e9)"#,
        "const m = new Map(); for (let i = 0; ; i++) m.set(i, {i});",
        // There is room for the text, and none for the copy that crosses.
        r#"new TextEncoder().encode("x".repeat(2e7))"#,
        // The compiler needs memory in places that cannot say that there is none.
        "const a = []; for (let i = 0; ; i++) a.push(eval('() => ' + i))",
    ] {
        let ran = run_within(code, limits.clone());
        assert_eq!(ran.error(), "Memory limit of 32 MiB (JOB_MEMORY) exceeded", "{code}");
    }
}

#[test]
fn endless_recursion_is_an_error_of_the_script() {
    let ran = run_within("(function f() { f() })()", Limits::default());
    assert_eq!(ran.error(), "RangeError: Maximum call stack size exceeded");
}

#[test]
fn log_lines_are_limited() {
    let ran = run_within("for (;;) logger.info('x')", Limits { log_lines: 10, ..Limits::default() });
    assert_eq!(ran.error(), "Limit of 10 log lines (JOB_LOG_LINES) exceeded");
    assert!(ran.logs.len() <= 10 + 3, "{}", ran.logs.len());
}

#[test]
fn the_size_of_logs_is_limited() {
    let ran = run_within("for (;;) logger.info('x'.repeat(100))", Limits { log_bytes: 1000, ..Limits::default() });
    assert_eq!(ran.error(), "Limit of 1000 bytes of logs (JOB_LOG_BYTES) exceeded: 1034 bytes");
}

#[test]
fn the_size_of_results_is_limited() {
    let ran = run_within("results.a = 'x'.repeat(100)", Limits { result_bytes: 50, ..Limits::default() });
    assert_eq!(ran.error(), "Limit of 50 bytes of results (JOB_RESULT_BYTES) exceeded: 108 bytes");
}

/// Runs code that is stopped with the text `cancelled` by another thread after a while.
fn run_stopped(code: &str) -> job::Ran {
    let stop = Stop::default();
    let other = stop.clone();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        other.request(Outcome::Cancelled, "cancelled");
        other.request(Outcome::Cancelled, "too late");
    });
    let ran = job::run_until(code, Limits { deadline: Duration::from_secs(30), ..Limits::default() }, stop);
    thread.join().expect("the other thread ends");
    ran
}

#[test]
fn a_stopped_run_ends_as_the_deadline_ends_it() {
    // The first job of a process reads the prelude, which may take longer than the others run.
    job::run("");
    for code in [
        "logger.info('begun'); results.a = 1; await new Promise(() => {})",
        "logger.info('begun'); results.a = 1; for (;;) {}",
        "logger.info('begun'); results.a = 1; for (;;) try { for (;;) {} } catch {}",
        "logger.info('begun'); results.a = 1; for (;;) await null",
        "logger.info('begun'); results.a = 1; for (;;) await sleep(1)",
    ] {
        let ran = run_stopped(code);
        let report = &ran.report;
        assert_eq!((report.outcome, ran.error(), &report.results["a"]), (Outcome::Cancelled, "cancelled", &1.into()));
        assert!(report.started_at.is_some() && report.finished_at.is_some() && report.duration_ms >= 50, "{code}");
        assert_eq!((ran.printed(), &ran.messages(Level::Error)[..]), ("begun", &["cancelled", "cancelled"][..]));
    }
}

#[test]
fn a_run_that_has_ended_is_not_stopped_any_more() {
    let stop = Stop::default();
    let ran = job::run_until("results.a = 1", Limits::default(), stop.clone());
    stop.request(Outcome::Cancelled, "cancelled");
    assert_eq!((ran.report.outcome, ran.error()), (Outcome::Succeeded, ""));
}

#[test]
fn how_a_run_ended_is_a_type_and_not_its_text() {
    let ended = |code: &str, limits: Limits| run_within(code, limits).report.outcome;
    assert_eq!(ended("results.a = 1", short()), Outcome::Succeeded);
    assert_eq!(ended("throw new Error('cancelled')", short()), Outcome::Failed);
    assert_eq!(ended(&format!("throw new Error('{TIME}')"), short()), Outcome::Failed);
    assert_eq!(ended("for (;;) {}", short()), Outcome::TimedOut);
    assert_eq!(ended("await new Promise(() => {})", short()), Outcome::TimedOut);
    assert_eq!(ended("for (;;) {}", Limits { cpu: Duration::from_millis(50), ..short() }), Outcome::Failed);
    assert_eq!(ended("results.a = 'x'.repeat(99)", Limits { result_bytes: 50, ..short() }), Outcome::Failed);
    assert_eq!(ended("this is no code", short()), Outcome::Failed);
}

#[test]
fn a_document_is_limited_as_a_whole() {
    let limits = Limits { document_bytes: 3000, ..Limits::default() };
    let code = "logger.info('x'.repeat(900)); results.a = 'y'.repeat(2000)";
    let ran = run_within(code, limits.clone());
    let start = "Limit of 3000 bytes of a job's document (JOB_DOCUMENT_BYTES) exceeded: ";
    assert!(ran.error().starts_with(start) && ran.error().ends_with("of logs, 2008 of results)"), "{}", ran.error());
    assert!(ran.report.results.is_empty() && ran.printed().len() == 900);
    // The rest of the job counts, too.
    let ran = run_within(&format!("/*{}*/ logger.info('x'.repeat(900))", "c".repeat(2000)), limits);
    assert!(ran.error().starts_with(start) && ran.error().contains("of code, vars and modules"), "{}", ran.error());
}

#[test]
fn a_memory_limit_s_job_is_never_a_success() {
    for memory_bytes in [1 << 20, 16 << 20, 32 << 20] {
        for code in [
            "for (let i = 0;; i++) Promise.reject(new Error('x'.repeat(100)))",
            "const a = []; for (let i = 0;; i++) a.push('x' + i)",
            "'\\ufdfa'.repeat(2e7).normalize('NFKD')",
            "const a = []; try { for (;;) a.push(new Array(1000).fill(1)) } catch {}",
            "const a = []; for (;;) try { for (;;) a.push(new Array(1000).fill(1)) } catch {}",
            "let a = ['']; (async () => { for (;;) { a.push(a.join('x')); await null } })(); await sleep(1e5)",
            "let o = {}; for (;;) o = { o }",
            "const a = []; for (;;) a.push(() => a)",
            "const a = []; for (;;) a.push(new Error('x'))",
            "results.toJSON = () => { const a = []; for (;;) a.push(a.length + '') }",
            "results.a = { get b() { return 'x'.repeat(1e9) } }",
            "'x'.repeat(5e7).split('')",
            "let o = {}; for (;;) try { for (;;) o = { o } } catch {}",
            "let o = {}; for (;;) try { o = { o } } catch {}",
            "JSON.parse('[' + '[1],'.repeat(1e7) + '1]')",
            "for (;;) setTimeout(() => {}, 1e6)",
            "const a = []; for (;;) a.push(new TextEncoder().encode('x'.repeat(1e5)))",
            "Symbol('x'.repeat(1e8)); const all = {}; for (let i = 0;; i++) all['key' + i] = Symbol()",
        ] {
            let ran = run_within(code, Limits { memory_bytes, ..Limits::default() });
            let expected = format!("Memory limit of {} MiB (JOB_MEMORY) exceeded", memory_bytes >> 20);
            assert_eq!((ran.report.outcome, ran.error()), (Outcome::Failed, expected.as_str()), "{code}");
        }
    }
}

#[test]
fn results_so_far_survive_every_limit_that_code_can_meet() {
    let cpu = Limits { cpu: Duration::from_millis(300), ..Limits::default() };
    let memory = Limits { memory_bytes: 32 << 20, ..Limits::default() };
    for (code, error) in [
        ("for (;;) { try { null.x } catch {} }", "CPU limit of 0.3 s (JOB_CPU) exceeded"),
        ("for (;;) { try { null.x } catch (e) { e.stack } }", "CPU limit of 0.3 s (JOB_CPU) exceeded"),
        ("for (;;) new Error('x').stack", "CPU limit of 0.3 s (JOB_CPU) exceeded"),
        ("for (;;) try { JSON.parse('{') } catch {}", "CPU limit of 0.3 s (JOB_CPU) exceeded"),
        (
            "Error.prepareStackTrace = () => { for (;;) {} }; for (;;) new Error('x')",
            "CPU limit of 0.3 s (JOB_CPU) exceeded",
        ),
        (
            "for (;;) Promise.resolve('x' + 'y'.repeat(1e5)).then(() => { throw new Error('x') })",
            "Memory limit of 32 MiB (JOB_MEMORY) exceeded",
        ),
        ("const a = []; for (;;) a.push([1, 2, 3])", "Memory limit of 32 MiB (JOB_MEMORY) exceeded"),
    ] {
        let limits = if error.contains("JOB_CPU") { &cpu } else { &memory };
        let ran = run_within(&format!("results.kept = 1; {code}"), limits.clone());
        assert_eq!((ran.error(), &ran.report.results["kept"]), (error, &1.into()), "{code}");
    }
}

#[test]
fn results_that_cannot_be_read_in_time_name_the_limit_that_ended_them() {
    let code = "results.a = { toJSON() { for (;;); } }";
    let ran = run_within(code, Limits { cpu: Duration::from_millis(200), ..Limits::default() });
    assert_eq!((ran.report.outcome, ran.error()), (Outcome::Failed, "CPU limit of 0.2 s (JOB_CPU) exceeded"));
    let ran = run_within(code, short());
    assert_eq!((ran.report.outcome, ran.error()), (Outcome::TimedOut, TIME));
    let ran = run_within(&format!("{code}; throw new Error('own')"), short());
    assert_eq!((ran.report.outcome, ran.error()), (Outcome::Failed, "own"));
}

#[test]
fn the_wrapper_of_the_code_writes_no_more_than_the_limit() {
    let limits = Limits { log_bytes: 100_000, ..Limits::default() };
    // The code closes its wrapper and reads the wrapper's names from an error's message.
    let escape = "const job = eval(name.split(' ')[0]); for (let i = 0; i < 50; i++) job.ended(results, logger, () => 'x'.repeat(1e4))
        } finally {} }; let name; try { f() } catch (error) { name = error.message } function f() { try { throw 1";
    for code in [
        "for (let i = 0; i < 50; i++) ____job.ended(results, logger, () => 'x'.repeat(1e4))",
        escape,
        "const format = () => 'x'.repeat(1e7)",
        "results.x = 1; throw new Error('x'.repeat(1e7))",
    ] {
        let ran = run_within(code, limits.clone());
        let bytes: usize = ran.logs.iter().map(|entry| entry.message.len()).sum();
        assert!(bytes < 350_000, "{bytes} of {code}");
    }
    assert_eq!(run_within("____job.ended()", limits.clone()).error(), "ReferenceError: ____job is not defined");
    assert!(run_within(escape, limits).error().contains("(JOB_LOG_BYTES) exceeded"));
}

#[test]
fn what_ran_at_the_predecessor_runs_within_the_default_limits() {
    for (code, expected) in [
        ("results.a = 'x'.repeat(5e6)", 1),
        ("for (let i = 0; i < 12000; i++) logger.info('line', i)", 12_000),
        ("logger.info('x'.repeat(3e6))", 1),
        ("const all = []; for (let i = 0; i < 40; i++) all.push(new Array(1e6).fill(i)); logger.info(all.length)", 1),
        ("const all = []; for (let i = 0; i < 4e7; i++) all.push(i); logger.info(all.length)", 1),
        ("const deep = (n) => n && 1 + deep(n - 1); logger.info(deep(10000))", 1),
        (
            "function deep(n) { if (n === 0) return []; const rest = [n].map((n) => deep(n - 1)); return rest } logger.info(deep(5000).length)",
            1,
        ),
        ("const deep = async (n) => n && 1 + await deep(n - 1); logger.info(await deep(10000))", 1),
        (
            "class A { get(n) { try { return n ? this.get(n - 1) + 1 : 0 } finally { this.n = n } } }; logger.info(new A().get(10000))",
            1,
        ),
    ] {
        let run = move || run_within(code, Limits::default()).messages(Level::Info).len();
        // As a slot does: see executor/src/slot_process.rs.
        let thread = std::thread::Builder::new().stack_size(script::thread_stack_bytes(Limits::default().stack_bytes));
        let lines = thread.spawn(run).unwrap().join().unwrap();
        let expected = if code.starts_with("results") { 0 } else { expected };
        assert_eq!(lines, expected, "{code}");
    }
}

#[test]
fn endless_recursion_in_a_slot_is_an_error_of_the_script() {
    let code = "let depth = 0; function deeper() { depth++; deeper() }
                try { deeper() } catch (error) { logger.info(`${error.name} ${error.message} ${depth > 10000}`) }";
    let run = move || run_within(code, Limits::default()).printed().to_owned();
    // As a slot does: see executor/src/slot_process.rs.
    let thread = std::thread::Builder::new().stack_size(script::thread_stack_bytes(Limits::default().stack_bytes));
    let printed = thread.spawn(run).unwrap().join().unwrap();
    assert_eq!(printed, "RangeError Maximum call stack size exceeded true");
}

/// Ten thousand of such calls, after which the engine asks on its own, would take minutes.
#[test]
fn loops_around_slow_builtins_end_by_the_limit_of_the_cpu() {
    let limits = Limits { cpu: Duration::from_millis(300), ..Limits::default() };
    for code in [
        "const a = new Uint8Array(2e8); for (;;) a.fill(1)",
        "const a = new Uint8Array(1e8); for (;;) a.indexOf(1)",
        "const a = new Uint8Array(1e8); for (;;) a.reverse()",
        "const a = new Uint8Array(2e7); for (;;) a.slice()",
        "const a = new Uint8Array(1e6); for (;;) a.join('')",
        "const a = new Array(1e5).fill('x'); for (;;) a.join('')",
        "const a = new Array(1e5).fill(1); for (;;) a.concat(a)",
        "const a = new Array(1e5).fill(1); for (;;) [...a]",
        "const text = JSON.stringify(new Array(1e5).fill({ a: 1 })); for (;;) JSON.parse(text)",
        "const value = new Array(1e5).fill({ a: 1 }); for (;;) JSON.stringify(value)",
        "const text = 'x'.repeat(1e7); for (;;) text.indexOf('y')",
        "const text = 'x'.repeat(1e6); for (;;) text.split('')",
        "const text = 'x'.repeat(1e7); for (;;) text.toUpperCase()",
        "const text = 'x'.repeat(1e6); for (;;) text.replaceAll('x', 'yy')",
        "const a = 'x'.repeat(1e8) + 'a', b = 'x'.repeat(1e8) + 'b'; for (;;) a === b",
        "const n = 3n ** 100000n; for (;;) n * n",
        "const o = Object.fromEntries(new Array(1e4).fill(0).map((_, i) => ['k' + i, i])); for (;;) Object.entries(o)",
        "const a = new Array(1e4).fill(0).map((_, i) => (i * 7919) % 10007); for (;;) a.toSorted()",
        "const a = new Array(1e5).fill(0).map((_, i) => i); for (;;) new Set(a)",
        "const a = Buffer.alloc(1e6); for (;;) a.toString('base64')",
        "const o = new Array(1e4).fill({ a: 1 }); for (;;) structuredClone(o)",
    ] {
        let began = std::time::Instant::now();
        let ran = run_within(&format!("results.kept = 1; logger.info('begun'); {code}"), limits.clone());
        assert_eq!(
            (ran.error(), &ran.report.results["kept"]),
            ("CPU limit of 0.3 s (JOB_CPU) exceeded", &1.into()),
            "{code}"
        );
        assert_eq!(ran.printed(), "begun", "{code}");
        eprintln!("{:5} ms  {code}", began.elapsed().as_millis());
    }
}

/// A file of 80 MB for a job of 32 MiB.
const LARGE_FILE: &str = "const fs = require('fs'); fs.writeFileSync('a', ''); fs.truncateSync('a', 80000000);";

#[test]
fn a_file_that_is_read_counts_as_memory() {
    let limits = || Limits { memory_bytes: 32 << 20, ..Limits::default() };
    for read in ["fs.readFileSync('a')", "await files.read('a')", "fs.readSync(fs.openSync('a'), [], 0, 79000000)"] {
        let (ran, _) = run_in_a_folder(&format!("{LARGE_FILE} {read}"), false, limits());
        assert_eq!(ran.error(), "Memory limit of 32 MiB (JOB_MEMORY) exceeded", "{read}");
    }
}

#[test]
fn a_file_larger_than_the_jobs_memory_is_read_and_copied_in_pieces() {
    let limits = Limits { memory_bytes: 32 << 20, ..Limits::default() };
    let code = format!(
        "{LARGE_FILE}
        fs.appendFileSync('a', 'end');
        const [fd, piece] = [fs.openSync('a'), Buffer.alloc(8)];
        results.part = [fs.readSync(fd, piece, 0, 8, 79999998), piece.subarray(0, 5).toString('hex')];
        results.next = [fs.readSync(fd, piece, 2, 4), fs.readSync(fd, piece)];
        fs.closeSync(fd);
        results.streamed = 0;
        for await (const chunk of fs.createReadStream('a', {{ start: 10 }})) results.streamed += chunk.length;
        const last = [];
        fs.createReadStream('a', {{ start: 79999999, end: 80000001, highWaterMark: 2 }}).on('data', (chunk) => last.push(chunk.length));
        await new Promise((resolve) => setTimeout(resolve, 20));
        results.last = last;
        fs.unlinkSync('a');
        fs.writeFileSync('b', 'small');
        fs.copyFileSync('b', 'c');
        await fs.promises.copyFile('b', 'c', fs.constants.COPYFILE_EXCL).catch((error) => {{ results.taken = error.code; }});
        results.none = await new Promise((resolve) => fs.createReadStream('none').on('error', (error) => resolve(error.code)));
        results.copy = fs.readFileSync('c', 'utf8');"
    );
    let (ran, files) = run_in_a_folder(&code, false, limits);
    assert_eq!(ran.error(), "");
    assert_eq!(ran.result("part"), &serde_json::json!([5, "0000656e64"]));
    assert_eq!(ran.result("next"), &serde_json::json!([4, 8]));
    assert_eq!(ran.result("streamed"), 79_999_993);
    assert_eq!(ran.result("last"), &serde_json::json!([2, 1]));
    assert_eq!((ran.result("taken"), ran.result("none")), (&"EEXIST".into(), &"ENOENT".into()));
    assert_eq!(ran.result("copy"), "small");
    assert_eq!(files.keys().collect::<Vec<_>>(), ["b", "c"]);
}
