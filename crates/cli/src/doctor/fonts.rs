//! Whether pages have letters to draw with.

use std::path::{Path, PathBuf};

use super::Check;

/// Files that are looked at before it is enough.
const MOST: usize = 20_000;
const INSTALL: &str = "apt-get install fonts-liberation fonts-noto-cjk fonts-noto-color-emoji: without them pictures and PDFs \
                       show boxes in place of letters";

/// Counts the fonts of the folders that fontconfig looks into by default.
pub(super) fn check() -> Check {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let of_home = |folder: &str| home.as_ref().map(|home| home.join(folder));
    let folders = [
        Some("/usr/share/fonts".into()),
        Some("/usr/local/share/fonts".into()),
        of_home(".fonts"),
        of_home(".local/share/fonts"),
    ];
    let mut names = Vec::new();
    folders.into_iter().flatten().for_each(|folder: PathBuf| collect(&folder, &mut names));
    judge(&names)
}

fn judge(names: &[String]) -> Check {
    let has = |parts: &[&str]| names.iter().any(|name| parts.iter().any(|part| name.contains(part)));
    if names.is_empty() {
        return Check::warn("fonts", "there are none", INSTALL);
    }
    let missing = [
        (
            "Chinese, Japanese and Korean",
            has(&["cjk", "wqy", "ipa", "takao", "droidsansfallback", "arphic", "uming", "nanum"]),
        ),
        ("emoji", has(&["emoji"])),
    ];
    let missing: Vec<_> = missing.iter().filter(|(_, there)| !there).map(|(what, _)| *what).collect();
    let count = format!("{} files", names.len());
    if missing.is_empty() {
        return Check::ok("fonts", count);
    }
    Check::warn("fonts", format!("{count}, none for {}", missing.join(" and ")), INSTALL)
}

/// The names of all font files below a folder, in lower case.
fn collect(folder: &Path, names: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if names.len() >= MOST {
            return;
        }
        // A link could lead in a circle.
        let kind = entry.file_type();
        if kind.as_ref().is_ok_and(std::fs::FileType::is_dir) {
            collect(&entry.path(), names);
            continue;
        }
        let name = entry.file_name().to_string_lossy().to_lowercase();
        if ["ttf", "otf", "ttc", "otc", "pfb", "woff", "woff2"]
            .iter()
            .any(|ending| name.ends_with(&format!(".{ending}")))
        {
            names.push(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::judge;
    use crate::doctor::State;

    #[test]
    fn what_cannot_be_drawn_is_named() {
        let of = |names: &[&str]| judge(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&[]).state, State::Warn);
        assert!(of(&["liberationsans.ttf"]).found.ends_with("none for Chinese, Japanese and Korean and emoji"));
        assert_eq!(of(&["notosanscjk-regular.ttc", "notocoloremoji.ttf"]).state, State::Ok);
    }
}
