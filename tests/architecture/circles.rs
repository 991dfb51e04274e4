//! Finds circles of files that import each other within a crate.
//!
//! An edge is a `use` of another file of the same crate, by `crate::…` or `super::…`, outside of the file's own tests. A
//! circle is a strongly connected component of two or more files: none of them can be read or changed without the others.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The files of a crate by their module path, each with the modules that it imports. The crate's root is the empty path.
pub(crate) struct Imports(BTreeMap<String, BTreeSet<String>>);

impl Imports {
    /// Reads every `.rs` file below the folder of a crate's source.
    pub(crate) fn of(folder: &Path) -> Self {
        let mut texts = BTreeMap::new();
        collect(folder, "", &mut texts);
        let edges = texts.iter().map(|(module, text)| {
            let found = uses(text).into_iter().filter_map(|path| target(&texts, module, &path));
            (module.clone(), found.filter(|other| other != module && !other.is_empty()).collect())
        });
        Self(edges.collect())
    }

    /// The circles, the largest first.
    pub(crate) fn circles(&self) -> Vec<Vec<&str>> {
        let reached: BTreeMap<&str, BTreeSet<&str>> =
            self.0.keys().map(|module| (module.as_str(), self.reached_from(module))).collect();
        let mut circles = BTreeSet::new();
        for (module, theirs) in &reached {
            let circle: Vec<&str> = theirs.iter().copied().filter(|other| reached[other].contains(module)).collect();
            if circle.len() > 1 {
                circles.insert(circle);
            }
        }
        let mut circles: Vec<Vec<&str>> = circles.into_iter().collect();
        circles.sort_by_key(|circle| std::cmp::Reverse(circle.len()));
        circles
    }

    fn reached_from(&self, start: &str) -> BTreeSet<&str> {
        let (mut reached, mut waiting) = (BTreeSet::new(), vec![start]);
        while let Some(module) = waiting.pop() {
            for next in &self.0[module] {
                if reached.insert(next.as_str()) {
                    waiting.push(next);
                }
            }
        }
        reached
    }
}

fn collect(folder: &Path, prefix: &str, texts: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).expect("a folder of source") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() {
            collect(&path, &format!("{prefix}{name}::"), texts);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let module = if matches!(name.as_str(), "mod" | "lib" | "main") {
                prefix.trim_end_matches("::").to_owned()
            } else {
                format!("{prefix}{name}")
            };
            texts.insert(module, std::fs::read_to_string(&path).expect("a source file"));
        }
    }
}

/// The paths of a file's `use` declarations, groups taken apart; those of the file's tests are left out.
fn uses(text: &str) -> Vec<String> {
    let shipped = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let code: String =
        shipped.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect();
    let mut paths = Vec::new();
    for statement in code.split(';') {
        let last = statement.trim_start().rsplit('\n').collect::<Vec<_>>();
        let start = last.iter().position(|line| begins_use(line));
        if let Some(start) = start {
            let lines: Vec<&str> = last[..=start].iter().rev().copied().collect();
            let declaration = lines.join(" ");
            let path = declaration.split_once("use ").map_or("", |(_, path)| path);
            take_apart("", &path.split_whitespace().collect::<Vec<_>>().join(" "), &mut paths);
        }
    }
    paths
}

fn begins_use(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("use ")
        || (line.starts_with("pub") && line.split_once("use ").is_some_and(|(before, _)| !before.contains('=')))
}

/// `a::{b, c::{d, e}}` is `a::b`, `a::c::d`, `a::c::e`.
fn take_apart(prefix: &str, path: &str, paths: &mut Vec<String>) {
    let Some((before, group)) = path.split_once('{') else {
        let name = path.split(" as ").next().unwrap_or_default();
        paths.push(format!("{prefix}{}", name.trim()));
        return;
    };
    let inner = group.rsplit_once('}').map_or(group, |(inner, _)| inner);
    let prefix = format!("{prefix}{}", before.trim());
    let (mut depth, mut start) = (0_usize, 0);
    for (at, character) in inner.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                take_apart(&prefix, &inner[start..at], paths);
                start = at + 1;
            }
            _ => {}
        }
    }
    if !inner[start..].trim().is_empty() {
        take_apart(&prefix, &inner[start..], paths);
    }
}

/// The file of the crate that a path leads to: the longest part of the path that is a module.
fn target(texts: &BTreeMap<String, String>, module: &str, path: &str) -> Option<String> {
    let mut names: Vec<&str> = path.split("::").map(str::trim).collect();
    let mut base: Vec<&str> = module.split("::").filter(|name| !name.is_empty()).collect();
    match names.first().copied()? {
        "crate" => base.clear(),
        "super" => {
            while names.first() == Some(&"super") {
                base.pop();
                names.remove(0);
            }
            names.insert(0, "");
        }
        _ => return None,
    }
    base.extend(&names[1..]);
    while !texts.contains_key(&base.join("::")) {
        base.pop()?;
    }
    Some(base.join("::"))
}

#[test]
fn uses_are_taken_apart() {
    let text = "//! use crate::comment;\nuse std::fmt;\npub(crate) use crate::a::{B, c::{self, D as E}};\nuse super::{\n    f,\n    g::H,\n};\n\
                fn body() { let x = 1; }\n#[cfg(test)]\nmod tests {\n    use crate::tested;\n}\n";
    let expected = ["std::fmt", "crate::a::B", "crate::a::c::self", "crate::a::c::D", "super::f", "super::g::H"];
    assert_eq!(uses(text), expected);
}
