//! The commands and the jobs of docs/ run as they stand there, and links lead somewhere.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::json;
use testkit::ports;
use testkit::processes;
use testkit::site::Site;
use tests::stack::TOKEN;
use tests::up;

use crate::commands::{assert_safe_to_paste, commands, scripts};
use crate::shell::{shell, shells};
use crate::{page, workspace};

/// The pages whose commands run one after the other, each page in a folder of its own.
const PAGES: [&str; 9] = [
    "API.md",
    "CLI.md",
    "FILES.md",
    "ONE-SHOTS.md",
    "OPERATING.md",
    "SCHEDULES.md",
    "TOKENS.md",
    "TROUBLESHOOTING.md",
    "WEBHOOKS.md",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_of_the_pages_work_when_pasted() {
    let site = Site::start();
    let programs = processes::binary("puppet-master");
    let programs = programs.parent().expect("a folder").display();
    for name in shells() {
        let folder = tempfile::tempdir().expect("a folder");
        let port = ports::free();
        let (_process, _client) = up::started(up::program(port, folder.path()), port).await;
        let data = folder.path().join("data");
        let environment = format!(
            "set -e\nexport PATH=\"{programs}:$PATH\" DATA_DIR='{}' TOKEN={TOKEN} GATEWAY=http://127.0.0.1:{port}\n\
             export PUPPET_MASTER_ENDPOINT=$GATEWAY PUPPET_MASTER_API_TOKEN=$TOKEN\n",
            data.display()
        );
        for title in PAGES {
            let text = std::fs::read_to_string(page(title)).expect("a page");
            let commands = commands(&text);
            assert!(!commands.is_empty(), "{title} has no commands");
            commands.iter().for_each(|command| assert_safe_to_paste(command.lines().next().expect("a line")));
            let script = commands.concat().replace("https://example.org/", &site.url("/index.html"));
            let script = script.replace("curl ", "curl --fail-with-body -sS ");
            let here = folder.path().join(title);
            std::fs::create_dir(&here).expect("a folder");
            let printed = shell(name, &here, &format!("{environment}{script}")).await;
            if title == "API.md" {
                assert!(printed.contains("event: result") && printed.contains("event: log"), "{name}: {printed}");
                assert!(printed.contains(r#""results":{"title":"Fixture site"}"#), "{name}: {printed}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_jobs_of_the_pages_succeed() {
    let folder = tempfile::tempdir().expect("a folder");
    let site = Site::start();
    let port = ports::free();
    let (_process, client) = up::started(up::program(port, folder.path()), port).await;
    for name in ["WRITING-JOBS.md", "TROUBLESHOOTING.md"] {
        let text = std::fs::read_to_string(page(name)).expect("a page");
        let scripts = scripts(&text);
        assert!(!scripts.is_empty(), "{name} has no jobs");
        for code in scripts {
            let code = code.replace("https://example.org/", &site.url("/index.html"));
            let job = client.run(json!({"code": code, "vars": {"name": "Ada", "url": site.url("/index.html")}})).await;
            assert_eq!(job.error, "", "{name}: {code}");
        }
    }
}

/// All pages of the project.
fn all_pages() -> Vec<PathBuf> {
    let mut pages = Vec::new();
    let mut folders = vec![workspace(), page(""), workspace().join("deploy")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            } else if path.is_dir() && folder != workspace() {
                folders.push(path);
            }
        }
    }
    pages
}

/// What GitHub calls a heading in an address.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

fn anchors(page: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(page).expect("a page");
    let headings = text.lines().filter_map(|line| line.strip_prefix('#'));
    headings.map(|line| anchor(line.trim_start_matches('#').trim())).collect()
}

#[test]
fn links_lead_somewhere() {
    let mut links = 0;
    for page in all_pages() {
        let text = std::fs::read_to_string(&page).expect("a page");
        for rest in text.split("](").skip(1) {
            let (target, _) = rest.split_once(')').expect("a link ends");
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let file = if file.is_empty() { page.clone() } else { page.parent().expect("a folder").join(file) };
            assert!(file.exists(), "{}: {target} leads nowhere", page.display());
            assert!(
                heading.is_empty() || anchors(&file).contains(heading),
                "{}: {target} has no heading",
                page.display()
            );
            links += 1;
        }
    }
    assert!(links > 20, "{links}");
}

/// Words in capitals with `_` between them, as settings have.
fn names_in_capitals(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let is_name = |word: &&str| {
        word.contains('_')
            && !word.starts_with('_')
            && !word.ends_with('_')
            && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    };
    words.filter(is_name).collect()
}

#[test]
fn settings_that_the_pages_name_exist() {
    let settings = std::fs::read_to_string(page("SETTINGS.md")).expect("the settings");
    let settings = names_in_capitals(&settings);
    // What begins as our settings do. Variables of compose begin so, too.
    let beginnings: BTreeSet<&str> = settings.iter().filter_map(|name| name.split('_').next()).collect();
    let compose = std::fs::read_to_string(workspace().join(".env.example")).expect("the variables of compose");
    let compose = names_in_capitals(&compose);
    // Variables of development, and of others.
    let others = ["BENCH_JSON", "PUPPET_DATABASE_PASSWORD", "UPDATE_README"];
    let mut named = 0;
    for page in all_pages() {
        let text = std::fs::read_to_string(&page).expect("a page");
        for name in names_in_capitals(&text) {
            let ours = name.split('_').next().is_some_and(|beginning| beginnings.contains(beginning));
            let known = settings.contains(name) || compose.contains(name) || others.contains(&name);
            assert!(!ours || known, "{} names {name}, which does not exist", page.display());
            named += usize::from(ours);
        }
    }
    assert!(named > 100, "{named}");
}

#[test]
fn commands_of_make_that_the_pages_name_exist() {
    let makefile = std::fs::read_to_string(workspace().join("Makefile")).expect("a Makefile");
    let targets: BTreeSet<&str> =
        makefile.lines().filter_map(|line| line.split_once(':')).map(|(name, _)| name).collect();
    let mut named = 0;
    for page in all_pages() {
        let text = std::fs::read_to_string(&page).expect("a page");
        // In an indented block, or between backticks.
        for rest in text.split("    make ").skip(1).chain(text.split("`make ").skip(1)) {
            let target = rest.split(|c: char| !c.is_ascii_lowercase()).next().expect("a first part");
            assert!(targets.contains(target), "{}: make {target} does not exist", page.display());
            named += 1;
        }
    }
    assert!(named > 10, "{named}");
}
