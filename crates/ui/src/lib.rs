//! The dashboard: static files in the binary, and what they may do in a browser.
//!
//! `static/` is served as it is written: ES modules and CSS, no build step. What is vendored is made by
//! `scripts/vendor-ui.sh`. The dashboard knows the gateway by its API only.

/// A file as it is served.
#[derive(Debug)]
pub struct File {
    /// Its path below `static/`.
    pub path: &'static str,
    /// What `Content-Type` says.
    pub media_type: &'static str,
    /// A weak entity tag of its content, the same for both encodings.
    pub etag: &'static str,
    /// Its content.
    pub plain: &'static [u8],
    /// Its content, compressed by gzip.
    pub gzip: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// The page that everything begins with.
pub const INDEX: &str = "index.html";

/// A page for what a job says is HTML. It stands in a sandboxed frame.
pub const PREVIEW: &str = "preview.html";

/// What pages may do: run our own modules, talk to their own gateway, show pictures that they hold, and nothing else.
/// Texts cannot become markup: <https://w3c.github.io/trusted-types/dist/spec/>.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
    connect-src 'self'; frame-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

/// What [`PREVIEW`] may do: show styles and pictures that the text holds, in an origin of its own. Of scripts only ours
/// runs, which puts the text in.
const PREVIEW_POLICY: &str = "sandbox allow-scripts; default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; \
    img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// The file of this path.
#[must_use]
pub fn file(path: &str) -> Option<&'static File> {
    FILES.binary_search_by_key(&path, |file| file.path).ok().map(|at| &FILES[at])
}

impl File {
    /// What `Content-Security-Policy` says: <https://www.w3.org/TR/CSP3/>.
    #[must_use]
    pub fn policy(&self) -> &'static str {
        if self.path == PREVIEW { PREVIEW_POLICY } else { POLICY }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::{FILES, INDEX, PREVIEW, file};

    /// All that a browser loads, in bytes.
    const MOST: usize = 400 * 1000;

    #[test]
    fn files_are_found_by_path_and_both_encodings_say_the_same() {
        for entry in FILES {
            assert!(std::ptr::eq(file(entry.path).unwrap(), entry), "{}", entry.path);
            let mut plain = Vec::new();
            GzDecoder::new(entry.gzip).read_to_end(&mut plain).unwrap();
            assert_eq!(plain, entry.plain, "{}", entry.path);
        }
        assert!(file("../Cargo.toml").is_none() && file("").is_none() && file("js").is_none());
    }

    #[test]
    fn all_of_it_is_small() {
        let size: usize = FILES.iter().map(|file| file.gzip.len()).sum();
        assert!(size <= MOST, "{size} bytes");
    }

    #[test]
    fn pages_have_nothing_inline_and_name_only_what_is_there() {
        for page in [INDEX, PREVIEW] {
            let text = std::str::from_utf8(file(page).unwrap().plain).unwrap();
            assert!(!text.contains("style=") && !text.contains("<style") && !text.contains(" on"), "{page}");
            for part in text.split("<script").skip(1) {
                let (tag, rest) = part.split_once('>').unwrap();
                assert!(tag.contains("src=") && rest.starts_with("</script>"), "{page}: {part}");
            }
            for reference in text.split(['"']).filter(|text| text.starts_with("ui/")) {
                assert!(file(&reference[3..]).is_some(), "{page}: {reference}");
            }
        }
    }

    #[test]
    fn modules_import_what_is_there_and_never_make_markup_of_texts() {
        for module in FILES.iter().filter(|file| file.path.starts_with("js/")) {
            let text = std::str::from_utf8(module.plain).unwrap();
            for word in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", " eval(", "new Function"] {
                assert!(!text.contains(word), "{} has {word}", module.path);
            }
            let folder = module.path.rsplit_once('/').unwrap().0;
            for name in imported(text) {
                let mut parts: Vec<&str> = folder.split('/').collect();
                for part in name.split('/') {
                    match part {
                        "." => {}
                        ".." => drop(parts.pop()),
                        part => parts.push(part),
                    }
                }
                assert!(file(&parts.join("/")).is_some(), "{} imports {name}", module.path);
            }
        }
    }

    /// What a module imports, statically or not.
    fn imported(text: &str) -> impl Iterator<Item = &str> {
        let quoted = text.split('\'').collect::<Vec<_>>();
        let pairs = quoted.windows(2).map(|pair| (pair[0], pair[1])).collect::<Vec<_>>();
        pairs
            .into_iter()
            .filter(|(before, name)| {
                name.starts_with('.')
                    && name.ends_with(".js")
                    && (before.ends_with("from ") || before.ends_with("import("))
            })
            .map(|(_, name)| name)
    }
}
