//! The first lines of the examples say how to run them, and that is true.

use std::collections::BTreeSet;

use testkit::processes;
use tests::stack::CHROMIUM_ARGS;

use crate::shell::shell;

/// What each of them prints among its results.
const RESULTS: [(&str, &str); 13] = [
    ("api-and-page", ": Arrives on Friday\n"),
    ("download", ": march.csv\n"),
    ("hello", "greeting: Hello, puppet master!\n"),
    ("infinite-scroll", ": 45\n"),
    ("intercept", "blocked:\n    - /big.png\n    - /tracker.js\n"),
    ("login", ": Welcome back, mira\n"),
    ("monitor", "  -\n    before: 20\n    name: lamp\n    now: 18\n"),
    ("pdf", ": € 92.50\n"),
    ("scrape", "title: Salt and Cinder\n"),
    ("screenshot", "name: whole.png\n"),
    ("tabs", "  - The first article\n  - The second article\n"),
    ("upload", ": Thank you, Ada, for your praise: letter.txt, 37 characters.\n"),
    ("whole-script", "  - Chapter one,one.html\n  - Chapter two,two.html\n"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_lines_of_the_examples_are_true() {
    let workspace = crate::workspace();
    let run = tempfile::tempdir().expect("a folder");
    let binary = processes::binary("puppet-master");
    let mut examples = BTreeSet::new();
    for entry in std::fs::read_dir(workspace.join("examples")).expect("examples") {
        let folder = entry.expect("an entry").path();
        let name = folder.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        let code = ["code.mjs", "code.ts"].map(|file| folder.join(file)).into_iter().find(|file| file.exists());
        let code = std::fs::read_to_string(code.expect("a file of code")).expect("code");
        let command = code.lines().find_map(|line| line.strip_prefix("//   ")).expect("a command");
        let (cargo, arguments) = command.split_once(" -- ").expect("arguments");
        assert_eq!(cargo, "cargo run --bin puppet-master", "{name}");
        assert!(format!("{arguments} ").starts_with(&format!("run examples/{name} ")), "{name}: {command}");
        let script = format!(
            "RUN_DIR='{}' CHROMIUM_EXTRA_ARGS='{CHROMIUM_ARGS}' '{}' {arguments}",
            run.path().display(),
            binary.display()
        );
        let printed = shell("bash", &workspace, &script).await;
        let result = RESULTS.iter().find(|(of, _)| *of == name).map(|(_, result)| *result);
        assert!(printed.contains(result.unwrap_or_else(|| panic!("{name} has no result here"))), "{name}: {printed}");
        examples.insert(name);
    }
    assert_eq!(examples.len(), RESULTS.len(), "{examples:?}");
}
