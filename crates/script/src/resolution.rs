//! Which of a job's modules a relative name, or one without its extension, means.

use std::collections::HashMap;

/// What may stand behind a name that has no extension, in the order in which they are tried.
const EXTENSIONS: [&str; 8] = [".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".json", ".tsx"];
/// TypeScript's files are imported by the names of what they become.
const WRITTEN_AS: [(&str, &str); 4] = [(".js", ".ts"), (".mjs", ".mts"), (".cjs", ".cts"), (".jsx", ".tsx")];

/// The job's modules by their names without `./`.
#[derive(Debug, Default)]
pub(crate) struct ModuleNames(HashMap<String, String>);

/// Whether a name means a file beside its importer.
pub(crate) fn is_relative(name: &str) -> bool {
    name.starts_with("./") || name.starts_with("../") || name.starts_with('/') || name == "." || name == ".."
}

/// A path without `.`, `..` and empty parts, as seen from the job's folder.
pub(crate) fn normal(path: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

impl ModuleNames {
    pub(crate) fn of<'a>(names: impl Iterator<Item = &'a String>) -> Self {
        Self(names.map(|name| (normal(name), name.clone())).collect())
    }

    /// The module that `name` means for an importer in `folder`; with `extensions` off one of the two must have its
    /// extension, as in Node.
    pub(crate) fn find(&self, folder: &str, name: &str, without_extensions: bool) -> Option<&String> {
        let bases = if is_relative(name) {
            let from = if name.starts_with('/') { "" } else { folder };
            vec![normal(&format!("{from}/{name}"))]
        } else {
            vec![normal(name), normal(&format!("node_modules/{name}"))]
        };
        bases.iter().flat_map(|base| candidates(base)).find_map(|candidate| {
            let found = self.0.get(&candidate)?;
            (without_extensions || has_extension(&candidate)).then_some(found)
        })
    }
}

fn has_extension(path: &str) -> bool {
    EXTENSIONS.iter().any(|extension| path.ends_with(extension))
}

fn candidates(base: &str) -> Vec<String> {
    let mut all = vec![base.to_owned()];
    all.extend(EXTENSIONS.iter().map(|extension| format!("{base}{extension}")));
    all.extend(EXTENSIONS.iter().map(|extension| normal(&format!("{base}/index{extension}"))));
    for (written, kept) in WRITTEN_AS {
        all.extend(base.strip_suffix(written).map(|stem| format!("{stem}{kept}")));
    }
    all.extend(EXTENSIONS.iter().filter_map(|extension| base.strip_suffix(extension)).map(str::to_owned));
    all
}

#[cfg(test)]
mod tests {
    use super::{ModuleNames, normal};

    #[test]
    fn relative_names_and_extensions_resolve() {
        let names =
            ["lib/a.js", "./b.ts", "c", "data/x.json", "lib/index.js", "node_modules/d/index.js"].map(str::to_owned);
        let names = ModuleNames::of(names.iter());
        let find = |folder: &str, name: &str| names.find(folder, name, true).map(String::as_str);
        assert_eq!(find("", "./lib/a.js"), Some("lib/a.js"));
        assert_eq!(find("lib", "./a"), Some("lib/a.js"));
        assert_eq!(find("lib", "../b.js"), Some("./b.ts"));
        assert_eq!(find("", "./c.js"), Some("c"));
        assert_eq!(find("", "./lib"), Some("lib/index.js"));
        assert_eq!(find("lib", "."), Some("lib/index.js"));
        assert_eq!(find("lib", "../data/x.json"), Some("data/x.json"));
        assert_eq!(find("", "d"), Some("node_modules/d/index.js"));
        assert_eq!(find("", "./nope"), None);
        assert_eq!(names.find("", "./c", false), None);
        assert_eq!(normal("/a/../../b/./c"), "b/c");
    }
}
