//! Keeps the edges between the crates, and between the files of a crate, as docs/ARCHITECTURE.md draws them.

#[path = "architecture/circles.rs"]
mod circles;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Which of our crates each crate may depend on.
const EDGES: &[(&str, &[&str])] = &[
    ("json-text", &[]),
    ("job-model", &["json-text"]),
    ("browser", &["json-text"]),
    ("service", &[]),
    ("egress", &[]),
    ("fetch", &[]),
    ("ui", &[]),
    ("vars-schema", &[]),
    ("testkit", &[]),
    ("job-store", &["job-model", "json-text"]),
    ("job-queue", &["job-model"]),
    ("job-files", &["job-model"]),
    ("intl", &[]),
    ("video", &[]),
    ("script", &["browser", "fetch", "intl", "job-model", "json-text", "video"]),
    (
        "gateway",
        &["egress", "job-files", "job-model", "job-queue", "job-store", "json-text", "service", "ui", "vars-schema"],
    ),
    (
        "executor",
        &["browser", "egress", "fetch", "job-files", "job-model", "job-queue", "json-text", "script", "service"],
    ),
    // The one place where everything is put together in a single process.
    ("cli", &["executor", "gateway", "job-files", "job-model", "job-queue", "job-store", "service"]),
    // Never shipped.
    ("tests", &["job-model", "job-queue", "testkit"]),
    (
        "bench",
        &["browser", "executor", "gateway", "job-model", "job-queue", "job-store", "script", "service", "testkit"],
    ),
    ("fuzz", &["browser", "executor", "gateway", "job-model", "job-queue", "job-store", "script"]),
];

/// How many files of a crate may import each other in a circle; 1 means that there is no circle.
const LARGEST_CIRCLES: &[(&str, usize)] = &[
    ("crates/cli/src", 1),
    ("gateway/src", 1),
    ("crates/job-model/src", 1),
    ("crates/job-store/src", 1),
    ("crates/job-queue/src", 1),
    ("crates/job-files/src", 1),
    ("crates/testkit/src", 1),
    ("crates/json-text/src", 1),
    // A value on its way reaches the job's scope, whose inbox holds values.
    ("crates/script/src", 3),
    ("crates/service/src", 1),
    ("crates/fetch/src", 1),
    ("crates/video/src", 1),
    ("executor/src", 1),
];

/// The folder of the workspace.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace")
}

#[test]
fn files_of_a_crate_import_each_other_in_no_larger_circle() {
    let root = root();
    for (folder, largest) in LARGEST_CIRCLES {
        let imports = circles::Imports::of(&root.join(folder));
        for circle in imports.circles() {
            assert!(circle.len() <= *largest, "{} files of {folder} import each other: {circle:?}", circle.len());
        }
    }
}

#[test]
fn crates_depend_only_where_the_picture_has_an_arrow() {
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo metadata works");
    let edges: BTreeMap<&str, &[&str]> = EDGES.iter().copied().collect();
    let names: BTreeSet<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    for package in &metadata.packages {
        let allowed =
            edges.get(package.name.as_str()).unwrap_or_else(|| panic!("{} is not in the picture", package.name));
        for dependency in &package.dependencies {
            if !names.contains(dependency.name.as_str()) {
                continue;
            }
            let shipped = dependency.kind != DependencyKind::Development;
            assert!(
                !shipped || allowed.contains(&dependency.name.as_str()),
                "{} depends on {}, which the picture does not have",
                package.name,
                dependency.name
            );
        }
    }
}

/// What `crates/browser/src/session` may reach, directly or through others: the wire knows nothing of the model.
const BELOW_THE_MODEL: &[&str] = &["dialect", "error", "exception", "guard", "promise", "session"];

#[test]
fn sessions_of_the_browser_import_nothing_of_the_model() {
    let source = root().join("crates/browser/src");
    for module in BELOW_THE_MODEL {
        let mut files = vec![source.join(format!("{module}.rs"))];
        if let Ok(folder) = std::fs::read_dir(source.join(module)) {
            files.extend(folder.map(|entry| entry.expect("an entry").path()));
        }
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
                for (at, word) in line.match_indices("crate::") {
                    let path = &line[at + word.len()..];
                    let imported: String = path.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                    assert!(
                        BELOW_THE_MODEL.contains(&imported.as_str()),
                        "{} imports {imported:?}, which is above it",
                        file.display()
                    );
                }
            }
        }
    }
}

#[test]
fn every_dependency_has_its_version_in_one_place() {
    let root = root();
    for folder in ["crates", "."] {
        for entry in std::fs::read_dir(root.join(folder)).expect("a folder of crates") {
            let manifest = entry.expect("an entry").path().join("Cargo.toml");
            let Ok(text) = std::fs::read_to_string(&manifest) else { continue };
            let versions = text.lines().filter(|line| line.starts_with("version = ") || line.contains("{ version ="));
            assert_eq!(versions.count(), 0, "{} names a version of its own", manifest.display());
        }
    }
}

#[test]
fn the_images_get_every_crate() {
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo metadata works");
    let root = metadata.workspace_root.as_std_path();
    let ignored = std::fs::read_to_string(root.join(".dockerignore")).expect("a .dockerignore");
    for package in &metadata.packages {
        let folder = package.manifest_path.as_std_path().strip_prefix(root).expect("a crate of this workspace");
        let top = folder.components().next().expect("a folder").as_os_str().to_string_lossy().into_owned();
        assert!(ignored.lines().any(|line| line == format!("!{top}")), "docker does not get {top}");
    }
}

#[test]
fn the_services_do_not_link_sqlite() {
    let tree = |packages: &[&str]| {
        let mut cargo = std::process::Command::new(env!("CARGO"));
        // Whatever the environment says of features: this is how the images and the releases are built.
        cargo.env_remove("CARGO_RESOLVER_FEATURE_UNIFICATION").args(["tree", "--locked", "--offline", "--prefix=none"]);
        cargo.arg("--edges=normal,build").args(packages.iter().flat_map(|package| ["--package", *package]));
        let output = cargo.output().expect("cargo runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("names are text")
    };
    assert!(!tree(&["gateway", "executor"]).contains("sqlite"), "a service has a feature on that is for the CLI");
    assert!(tree(&["cli"]).contains("rusqlite"), "without a server the CLI needs SQLite");
    let root = root();
    for image in ["Dockerfile.gateway", "Dockerfile.executor"] {
        let text = std::fs::read_to_string(root.join(image)).expect("a Dockerfile");
        // With --bin cargo takes the features of all members.
        let built = text.lines().filter_map(|line| Some(line.split_once("cargo build")?.1));
        let mixed = built.clone().find(|line| {
            line.contains("--bin") || line.contains("--workspace") || line.contains("gateway") && line.contains("cli")
        });
        assert!(built.count() > 0, "{image} builds nothing");
        assert_eq!(mixed, None, "{image} builds the services with the features of the CLI");
    }
}
