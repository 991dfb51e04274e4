//! docs/PUPPETEER.md names the methods that the classes have, and no others.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

type Members = BTreeMap<String, BTreeSet<String>>;

/// Every member is on a line that is indented by two, as the prelude is written.
fn members_of_classes() -> Members {
    let mut classes = Members::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("js/puppeteer");
    for file in std::fs::read_dir(folder).expect("the prelude") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("a module");
        let mut class = None;
        for line in text.lines() {
            if let Some(head) = line.strip_prefix("export class ") {
                class = head.split(' ').next().map(str::to_owned);
            } else if line.starts_with('}') {
                class = None;
            } else if let (Some(class), Some(name)) = (&class, line.strip_prefix("  ").and_then(member)) {
                classes.entry(class.clone()).or_default().insert(name.to_owned());
            }
        }
    }
    classes
}

fn member(line: &str) -> Option<&str> {
    let (head, _) = line.split_once('(')?;
    let words = ["async ", "get ", "static "];
    let name = words.iter().fold(head, |head, word| head.strip_prefix(word).unwrap_or(head));
    let is_name = !name.is_empty() && name.chars().all(|char| char.is_alphanumeric() || "$_".contains(char));
    (is_name && !["constructor", "toJSON"].contains(&name)).then_some(name)
}

/// The first cells of the tables, under the heading that names their class.
fn members_in_the_document() -> Members {
    let text = include_str!("../../../docs/PUPPETEER.md");
    let mut classes = Members::new();
    let mut class = None;
    for line in text.lines() {
        if line.starts_with('#') {
            class = line.strip_prefix("### ");
        } else if let (Some(class), Some(row)) = (class, line.strip_prefix("| `")) {
            let (name, rest) = row.split_once("` | ").expect("a cell");
            assert!(rest.trim_end_matches([' ', '|']).len() > 3, "{class}.{name}: says nothing");
            let is_new = classes.entry(class.to_owned()).or_default().insert(name.to_owned());
            assert!(is_new, "{class}.{name} has two rows");
        }
    }
    classes
}

#[test]
fn the_document_has_a_row_for_every_method() {
    let (real, told) = (members_of_classes(), members_in_the_document());
    assert!(real["Page"].contains("$$eval") && real["Page"].contains("keyboard"), "{:?}", real["Page"]);
    for (class, members) in &real {
        let rows = told.get(class).unwrap_or_else(|| panic!("{class} has no table"));
        assert_eq!(rows, members, "{class}");
    }
    for class in told.keys() {
        assert!(real.contains_key(class), "there is no class {class}");
    }
}
