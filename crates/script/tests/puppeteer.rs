//! Puppeteer's classes as a job sees them, on a real Chromium: one case per file, and no public method without a case.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use browser::launch::Sandbox;
use browser::{Browser, LaunchOptions, Viewport};
use job_model::{Api, Language, Level, LogEntry, Outcome};
use script::resources::ResourceRef;
use script::{FolderLimits, Host, JobFolder, Limits, RunReport, Script, Stop};
use serde_json::Value;
use testkit::site::Site;

/// Long enough for every case that works.
const DEADLINE: Duration = Duration::from_secs(60);

/// Classes whose methods no case here calls: Node's emitter has tests of its own; certificates need a site with one,
/// which the upstream specs have; a binding's call and a film under way are the prelude's own.
const EXEMPT: [&str; 4] = ["EventEmitter", "SecurityDetails", "BindingCall", "Recording"];

struct Stage {
    browser: Rc<Browser>,
    site: Site,
}

fn on_stage<F: Future<Output = ()>>(test: impl FnOnce(Stage) -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let folder = tempfile::tempdir().expect("a directory");
        let (run_dir, sandbox) = (folder.path().to_owned(), Sandbox::if_possible());
        // Linux has Web Bluetooth behind a switch.
        let extra_args =
            vec!["--enable-features=WebBluetooth".to_owned(), "--enable-blink-features=WebBluetooth".to_owned()];
        let options = LaunchOptions { run_dir, sandbox, extra_args, ..LaunchOptions::default() };
        let browser = Browser::launch(&options).await.expect("a browser");
        test(Stage { browser: browser.clone(), site: Site::start() }).await;
        browser.close().await;
    });
}

impl Stage {
    /// Runs code as a trusted user's job on a page of its own.
    async fn run(&self, code: &str, allow_local_files: bool) -> (RunReport, Vec<String>) {
        self.run_within(code, allow_local_files, Limits { deadline: DEADLINE, ..Limits::default() }).await
    }

    async fn run_within(&self, code: &str, allow_local_files: bool, limits: Limits) -> (RunReport, Vec<String>) {
        let (report, logs) = self.run_in(code, Host { allow_local_files, ..Host::default() }, limits).await;
        (report, logs.into_iter().map(|entry| entry.message).collect())
    }

    /// Runs a script with a folder of its own; answers what is in it afterwards, too.
    async fn run_script(&self, script: Script) -> (RunReport, Vec<LogEntry>, BTreeMap<String, String>) {
        let dir = tempfile::tempdir().expect("a directory");
        let folder = JobFolder::make_empty(dir.path(), FolderLimits { bytes: 1 << 20, files: 20 }).expect("a folder");
        let host = Host { folder: Some(folder.clone()), ..Host::default() };
        self.browser.set_download_folder(dir.path().join(JobFolder::DOWNLOADS));
        let (report, logs) = self.run_on(script, host, Limits { deadline: DEADLINE, ..Limits::default() }).await;
        let read = |entry: script::job_folder::Entry| {
            (entry.name.to_string(), kind(&folder.read(&entry.name).expect("its content")))
        };
        (report, logs, folder.files().expect("its files").into_iter().map(read).collect())
    }

    async fn run_in(&self, code: &str, host: Host, limits: Limits) -> (RunReport, Vec<LogEntry>) {
        let watch = include_str!("puppeteer/watch.js").to_owned();
        let vars = BTreeMap::from([
            ("site".to_owned(), self.site.origin()),
            ("elsewhere".to_owned(), self.site.cross_site_origin()),
        ]);
        // A case says in its first line when it is written for Puppeteer 25.
        let api = code.starts_with("// api: 25\n").then_some(Api::V25);
        let modules = BTreeMap::from([("watch".to_owned(), watch)]);
        let script = Script { code: code.to_owned(), vars, modules, api, ..Script::default() };
        self.run_on(script, host, limits).await
    }

    async fn run_on(&self, script: Script, host: Host, limits: Limits) -> (RunReport, Vec<LogEntry>) {
        self.browser.dispose_contexts().await.expect("the last job's context goes");
        let context = self.browser.create_browser_context().await.expect("a context");
        self.browser.set_default_context(&context);
        let page = context.new_page().await.expect("a page");
        page.set_viewport(Viewport::of_size(1920, 1080)).await.expect("a viewport");
        let host = Host { page: Some(ResourceRef::new(page)), ..host };
        let logs = Rc::new(RefCell::new(Vec::new()));
        let sink = Rc::clone(&logs);
        let (report, _) =
            script::run(script, host, limits, Stop::default(), move |entry| sink.borrow_mut().push(entry)).await;
        let logs = logs.take();
        (report, logs)
    }
}

/// What a file is: its text, or which kind of picture.
fn kind(bytes: &[u8]) -> String {
    let number = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    if bytes.starts_with(b"%PDF") {
        "pdf".to_owned()
    } else if bytes.len() > 24 && &bytes[1..4] == b"PNG" {
        format!("png {}x{}", number(16), number(20))
    } else {
        String::from_utf8_lossy(bytes).into_owned()
    }
}

/// The names in `{class: [method, …]}`.
fn methods(value: &Value) -> impl Iterator<Item = String> + '_ {
    value.as_object().into_iter().flatten().flat_map(|(class, names)| {
        names.as_array().into_iter().flatten().map(move |name| format!("{class}.{}", name.as_str().unwrap_or_default()))
    })
}

#[test]
fn every_public_method_works_in_a_case() {
    on_stage(|stage| async move {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/puppeteer");
        let mut cases: Vec<_> =
            std::fs::read_dir(folder).expect("the cases").map(|file| file.expect("a file").path()).collect();
        cases.retain(|path| path.extension().is_some_and(|extension| extension == "mjs"));
        cases.sort();
        let (mut known, mut called, mut failures) = (Vec::new(), Vec::new(), Vec::new());
        for case in cases {
            let code = std::fs::read_to_string(&case).expect("a case");
            let (report, logs) = stage.run(&code, true).await;
            // The one file that a case writes to this machine.
            let _ = std::fs::remove_file("/tmp/puppet-master-heap.heapsnapshot");
            if let Some(error) = report.error {
                failures.push(format!("{}: {error}\n{}", case.display(), logs.join("\n")));
            }
            known.extend(report.results.get("known").into_iter().flat_map(methods));
            called.extend(report.results.get("called").into_iter().flat_map(methods));
        }
        assert!(failures.is_empty(), "{}", failures.join("\n\n"));
        for (class, _) in classes().filter(|(class, _)| !EXEMPT.contains(&class.as_str())) {
            assert!(
                known.iter().any(|name: &String| name.starts_with(&format!("{class}."))),
                "no case meets a {class}"
            );
        }
        known.sort();
        known.dedup();
        known.retain(|name| {
            !called.contains(name) && !EXEMPT.iter().any(|class| name.starts_with(&format!("{class}.")))
        });
        assert!(known.is_empty(), "no case calls {known:?}");
    });
}

/// The classes that the prelude defines, and the names of their files.
fn classes() -> impl Iterator<Item = (String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("js/puppeteer");
    let files = std::fs::read_dir(folder).expect("the prelude").map(|file| file.expect("a file").path());
    files.flat_map(|file| {
        let text = std::fs::read_to_string(&file).expect("a module");
        let stem = file.file_stem().expect("a name").to_string_lossy().into_owned();
        let defined = text.split("\ndefine(\"").skip(1).filter_map(|rest| rest.split('"').next());
        defined.map(|class| (class.to_owned(), stem.clone())).collect::<Vec<_>>()
    })
}

#[test]
fn every_class_has_a_case() {
    for (class, file) in classes() {
        let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/puppeteer").join(format!("{file}.mjs"));
        assert!(case.exists(), "no case {} for {class}", case.display());
    }
}

#[test]
fn what_reaches_the_machine_is_refused_with_a_clear_error() {
    on_stage(|stage| async move {
        for call in [
            "page.screenshot({path: '/tmp/a.png'})",
            "page.pdf({path: '/tmp/a.pdf'})",
            "page.tracing.start({path: '/tmp/a.json'})",
            "page.addScriptTag({path: '/etc/hostname'})",
            "page.addStyleTag({path: '/etc/hostname'})",
            "(await page.$('body')).uploadFile('/etc/hostname')",
            "page.browser().process()",
            "page.browser().wsEndpoint()",
            "page.browser().close()",
            "page.browser().disconnect()",
        ] {
            let (report, _) = stage.run(&format!("await {call}"), false).await;
            let error = report.error.unwrap_or_default();
            assert!(
                error.ends_with("is not available to jobs: it reaches the executor's machine"),
                "{call}: {error:?}"
            );
        }
    });
}

#[test]
fn whole_scripts_get_the_jobs_browser() {
    on_stage(|stage| async move {
        let code = include_str!("puppeteer/whole/launch.mjs");
        let (report, logs) = stage.run(code, false).await;
        assert_eq!(report.error, None, "{logs:?}");
        let seen = serde_json::json!({
            "viewport": {"width": 800, "height": 600}, "isTheJobs": true, "first": true, "title": "Fixture site", "pages": 2,
            "connected": [true, false], "disconnected": 1, "isolated": "", "second": {"width": 500, "height": 400},
            "device": true, "closedTwice": "fine",
        });
        assert_eq!(report.results.get("seen"), Some(&seen));
        let code = include_str!("puppeteer/whole/extra.cjs");
        let (report, logs) = stage.run(code, false).await;
        assert_eq!((report.error, report.results.get("title")), (None, Some(&"Fixture site".into())), "{logs:?}");
    });
}

#[test]
fn slow_motion_and_the_limit_of_commands_are_puppeteers() {
    on_stage(|stage| async move {
        let code = include_str!("puppeteer/whole/pace.mjs");
        let (report, logs) = stage.run(code, false).await;
        assert_eq!(report.error, None, "{logs:?}");
        let late = "Runtime.callFunctionOn timed out. Increase the 'protocolTimeout' setting in launch/connect calls for a \
                    higher timeout if needed.";
        let seen = serde_json::json!({
            "late": [true, "ProtocolError", late], "slow": true, "heard": ["first", "second"], "patient": 7,
        });
        assert_eq!(report.results.get("seen"), Some(&seen));
        // The next job has the browser at full speed, also when this one was ended in slow motion.
        let code =
            "import p from 'puppeteer'; const b = await p.launch({ slowMo: 1e9 }); await (await b.newPage()).title()";
        let limits = Limits { deadline: Duration::from_millis(500), ..Limits::default() };
        let (report, _) = stage.run_within(code, false, limits).await;
        assert_eq!(report.outcome, Outcome::TimedOut, "{:?}", report.error);
        let (report, logs) = stage.run("results.title = await page.title()", false).await;
        assert_eq!((report.error, report.results.get("title")), (None, Some(&"".into())), "{logs:?}");
    });
}

/// One of the scripts, with the modules that it imports: the files of the folder of its name.
fn script_of(folder: &Path, name: &str) -> Script {
    let read = |path: &Path| std::fs::read_to_string(path).expect("a file");
    let stem = name.split('.').next().unwrap_or_default();
    let own = std::fs::read_dir(folder.join(stem)).into_iter().flatten().map(|file| file.expect("a file").path());
    let modules = own.map(|path| {
        let file = path.file_name().expect("a name").to_string_lossy();
        (format!("{stem}/{file}"), read(&path))
    });
    Script {
        code: read(&folder.join(name)),
        language: Language::of_file(name),
        modules: modules.collect(),
        ..Script::default()
    }
}

/// `tests/scripts/record.mjs` has recorded what they do with Node and Puppeteer 25.
#[test]
fn whole_scripts_do_what_they_do_with_node() {
    on_stage(|stage| async move {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a file");
        let expected: BTreeMap<String, Value> = serde_json::from_str(&read("expected.json")).expect("JSON");
        let mut differences = Vec::new();
        for (name, expected) in expected {
            let (report, logs, files) = stage.run_script(script_of(&folder, &name)).await;
            let own = |message: &str| message.starts_with("Code took ");
            let lines = logs.iter().filter(|entry| entry.level == Level::Info && !own(&entry.message));
            let lines: Vec<&str> = lines.flat_map(|entry| entry.message.split('\n')).collect();
            let got = serde_json::json!({"code": i32::from(report.error.is_some()), "lines": lines, "files": files});
            if got != expected {
                differences.push(format!("{name}\n  node {expected}\n  here {got}\n  error {:?}", report.error));
            }
        }
        assert!(differences.is_empty(), "{}", differences.join("\n"));
    });
}

#[test]
fn films_of_a_page_play_in_chromium() {
    on_stage(|stage| async move {
        let code = include_str!("puppeteer/whole/films.mjs").to_owned();
        let vars = BTreeMap::from([("site".to_owned(), stage.site.origin())]);
        let (report, logs, files) = stage.run_script(Script { code, vars, ..Script::default() }).await;
        assert_eq!(report.error, None, "{logs:?}");
        let names: Vec<&str> = files.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "copy.mp4",
                "early.webm",
                "films/fast.mp4",
                "films/part.gif",
                "films/part.mp4",
                "films/part.webm",
                "films/plain.webm",
                "last.mp4",
                "recorded.mp4"
            ]
        );
        assert!(files["last.mp4"].contains("ftyp"), "the film of a page that is closed with its browser");
        // Nothing is left of the page that encodes.
        stage.browser.dispose_contexts().await.expect("the browser is as it was");
    });
}

#[test]
fn an_open_browser_keeps_a_whole_script_alive_while_it_listens() {
    on_stage(|stage| async move {
        let code = "import puppeteer from 'puppeteer';\n(async () => { const browser = await puppeteer.launch();\n\
                    const page = await browser.newPage();\n\
                    await new Promise((resolve) => { page.once('console', resolve);\n\
                    page.evaluate(() => { setTimeout(() => console.log('late'), 300); }); });\n\
                    results.heard = true; await browser.close(); })();";
        let (report, logs) = stage.run(code, false).await;
        assert_eq!((report.error, report.results.get("heard")), (None, Some(&true.into())), "{logs:?}");
        // Without a listener nothing can happen any more.
        let (report, _) = stage.run("import p from 'puppeteer'; p.launch().then((b) => b.newPage())", false).await;
        assert_eq!(report.error, None);
    });
}

#[test]
fn a_script_that_replaces_built_ins_breaks_only_itself() {
    on_stage(|stage| async move {
        let code = "
            const fail = () => { throw new Error('the prelude called it') };
            const kept = ['constructor', 'toString'];
            const victims = [Array, Map, Set, String, Function, Promise, RegExp].flatMap(({prototype}) => Reflect.ownKeys(prototype)
              .filter((key) => !kept.includes(key) && !(prototype === Promise.prototype && key === 'then'))
              .filter((key) => Object.getOwnPropertyDescriptor(prototype, key).configurable)
              .filter((key) => typeof Object.getOwnPropertyDescriptor(prototype, key).value === 'function')
              .map((key) => [prototype, key]));
            for (let i = 0; i < victims.length; i++)
              Object.defineProperty(victims[i][0], victims[i][1], {value: fail, configurable: true, writable: true});
            JSON.stringify = JSON.parse = Object.keys = Array.isArray = fail;
            await page.goto(vars.site);
            results.title = await page.title();
            results.sum = await page.evaluate((a, b) => a + b.c, 1, {c: 2});
            let requests = 0;
            page.on('request', () => { requests++; });
            await page.reload({waitUntil: 'load'});
            results.heard = requests > 0;
            results.cookies = (await page.cookies()).length;
            delete globalThis.Symbol;
            const late = [page.keyboard, page.mouse, page.touchscreen, page.coverage, page.tracing, page.accessibility,
              page.browser(), page.browserContext(), page.target(), await page.target().createCDPSession(), page.locator('h1'),
              await page.mainFrame().executionContext()];
            results.late = '';
            for (let i = 0; i < late.length; i++) results.late += `${late[i].constructor.name} `;
            results.located = await (await page.locator('h1').waitHandle()).evaluate((node) => node.localName);";
        let (report, logs) = stage.run(code, false).await;
        assert_eq!(report.error, None, "{logs:#?}");
        assert_eq!(report.results["title"], "Fixture site");
        assert_eq!(report.results["sum"], 3);
        assert_eq!(report.results["heard"], true);
        let late = "Keyboard Mouse Touchscreen Coverage Tracing Accessibility Browser BrowserContext Target CDPSession Locator \
                    ExecutionContext ";
        assert_eq!((&report.results["late"], &report.results["located"]), (&late.into(), &"h1".into()));
    });
}

#[test]
fn objects_cannot_be_made_or_borrowed() {
    on_stage(|stage| async move {
        let code = "
            const attempts = {
              made: () => new page.constructor().url(),
              borrowed: () => page.mainFrame().url.call({}),
              otherClass: () => page.mainFrame().url.call(page),
              subclass: () => new (class extends page.constructor {})().url(),
            };
            for (const [name, attempt] of Object.entries(attempts))
              try { results[name] = attempt(); } catch (error) { results[name] = error.name; }";
        let (report, _) = stage.run(code, false).await;
        assert_eq!(report.error, None);
        for (attempt, result) in &report.results {
            assert_eq!(result, "TypeError", "{attempt}");
        }
    });
}

#[test]
fn an_answer_that_is_nested_too_deeply_fails_its_call_at_once() {
    on_stage(|stage| async move {
        let code = "
            const deep = (levels) => { let o = 1; for (let i = 0; i < levels; i++) o = { o }; return o; };
            const attempt = (run) => run().then((value) => typeof value, (error) => error.message);
            results.read = await attempt(() => page.evaluate(deep, 100));
            results.evaluated = await attempt(() => page.evaluate(deep, 200));
            results.listed = await attempt(() => page.evaluate(() => { let o = 1; for (let i = 0; i < 200; i++) o = [o]; return o; }));
            results.handle = await attempt(async () => (await page.evaluateHandle(deep, 200)).jsonValue());
            await page.exposeFunction('send', () => 1);
            results.exposed = await page.evaluate(`(${deep}); const deep = ${deep}; send(deep(200)).then(String, (error) => error.message)`);
            results.passed = await attempt(() => page.evaluate((o) => typeof o, deep(200)));
            results.after = await page.evaluate(() => 1 + 1);";
        let (report, logs) = stage.run(code, false).await;
        assert_eq!(report.error, None, "{logs:#?}");
        let result = |name: &str| report.results[name].as_str().unwrap_or_default().to_owned();
        assert_eq!((result("read"), &report.results["after"]), ("object".to_owned(), &2.into()));
        for name in ["evaluated", "listed", "handle"] {
            assert!(result(name).contains("the answer is nested too deeply"), "{name}: {}", result(name));
        }
        assert!(result("exposed").starts_with("The arguments of send cannot be read"), "{}", result("exposed"));
        assert!(result("passed").contains("recursion limit"), "{}", result("passed"));
    });
}

#[test]
fn halves_of_surrogate_pairs_become_the_replacement_character_both_ways() {
    on_stage(|stage| async move {
        let code = "
            const half = '😀'.slice(0, 1);
            const code = (text) => text.codePointAt(0);
            results.text = await page.evaluate((text) => text.charCodeAt(0), half);
            results.object = await page.evaluate((o) => [o.a.charCodeAt(0), Object.keys(o)[1].charCodeAt(0)], { a: half, [half]: 1 });
            results.answer = code(await page.evaluate(() => '😀'.slice(1)));
            results.key = code(Object.keys(await page.evaluate(() => ({ ['😀'.slice(1)]: 1 })))[0]);
            await page.exposeFunction('send', (text) => { results.sent = code(text); return text; });
            results.returned = await page.evaluate(() => send('😀'.slice(1)).then((text) => text.charCodeAt(0)));
            await page.exposeFunction(`named ${half}`, () => 0xfffd);
            results.named = await page.evaluate(() => window['named \u{fffd}']());
            const heard = new Promise((resolve) => page.once('console', (message) => resolve(message.text())));
            await page.evaluate(() => console.log('😀'.slice(1)));
            results.console = code(await heard);
            await page.evaluateOnNewDocument((text, o) => {
                window.early = text.charCodeAt(0);
                window.earlyMember = o.a.charCodeAt(0);
                window.earlyKey = Object.keys(o)[1].charCodeAt(0);
            }, half, { a: half, [half]: '\\\\ud83d' });
            await page.goto('about:blank?new');
            results.early = await page.evaluate(() => early);
            results.earlyMember = await page.evaluate(() => earlyMember);
            results.earlyKey = await page.evaluate(() => earlyKey);
            await page.setContent(`<title>${half}</title>`);
            results.title = code(await page.title());
            results.failed = await page.evaluate(() => { throw new Error('😀'.slice(1)) }).catch((error) => error.message.includes('\u{fffd}'));";
        let (report, logs) = stage.run(code, false).await;
        assert_eq!(report.error, None, "{logs:#?}");
        for (name, result) in &report.results {
            let expected = match name.as_str() {
                "object" => serde_json::json!([0xfffd, 0xfffd]),
                "failed" => true.into(),
                _ => 0xfffd.into(),
            };
            assert_eq!(result, &expected, "{name}");
        }
        assert_eq!(report.results.len(), 13);
    });
}

#[test]
fn calls_that_nobody_awaits_count_as_memory() {
    on_stage(|stage| async move {
        for code in ["for (;;) page.evaluate('1')", "for (;;) page.evaluate((x) => x, 'x'.repeat(1e6))"] {
            let limits = Limits { memory_bytes: 48 << 20, deadline: DEADLINE, ..Limits::default() };
            let (report, _) = stage.run_within(&format!("results.kept = 1; {code}"), false, limits).await;
            assert_eq!(report.error.as_deref(), Some("Memory limit of 48 MiB (JOB_MEMORY) exceeded"), "{code}");
            assert_eq!(report.results["kept"], 1, "{code}");
        }
    });
}
