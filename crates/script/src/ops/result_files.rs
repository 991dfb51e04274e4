//! Ops that turn Buffers of a job's results into files of it.

use std::rc::Rc;

use job_model::FileName;
use rquickjs as js;

use super::local_files::folder;
use super::model::member;
use super::registry::Registry;
use crate::error::OpError;
use crate::job_folder::{FolderError, JobFolder};
use crate::scope::Scope;
use crate::value::{Bytes, Value};

/// The longest name that a place in the results gives, in bytes.
const LONGEST: usize = 120;

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("results_file_bytes", |scope, ()| Ok(fewest_bytes(scope)))?;
    ops.sync("results_file", keep)
}

/// From how many bytes on a Buffer of the results becomes a file; `None` when none does.
fn fewest_bytes(scope: &Scope) -> Option<f64> {
    /// Smaller ones are values that somebody reads in JSON.
    const LARGE: f64 = 256.0 * 1024.0 + 1.0;
    let wanted = scope.host.result_files.filter(|_| scope.host.folder.is_some())?;
    if scope.dialect().is_modern() { Some(0.0) } else { wanted.then_some(LARGE) }
}

/// Makes a file of a Buffer that is at this place in the results; answers what stands there instead.
fn keep(scope: &Rc<Scope>, (path, Bytes(bytes)): (Vec<String>, Bytes)) -> Result<Value, OpError> {
    let folder = folder(scope)?;
    let name = free_name(folder, &path, &bytes)?;
    folder.write(&name, &bytes)?;
    #[expect(clippy::cast_precision_loss, reason = "no Buffer is that large")]
    let size = bytes.len() as f64;
    Ok(Value::Object(vec![member("file", name.to_string()), member("bytes", size)]))
}

/// The place as a name that no file of the job has: `shot.png` of `results.shot`, `pages-0-shot.png` of
/// `results.pages[0].shot`.
fn free_name(folder: &JobFolder, path: &[String], bytes: &[u8]) -> Result<FileName, FolderError> {
    let (stem, extension) = named(path, bytes);
    let mut number = 1;
    loop {
        let number_part = if number == 1 { String::new() } else { format!("-{number}") };
        let name = FileName::parse(&format!("{stem}{number_part}.{extension}"))?;
        if folder.stat(Some(&name)).is_err() {
            return Ok(name);
        }
        number += 1;
    }
}

fn named(path: &[String], bytes: &[u8]) -> (String, String) {
    let plain = |char: char| if char.is_alphanumeric() || matches!(char, '.' | '_' | '-' | ' ') { char } else { '_' };
    let text: String = path.join("-").chars().map(plain).collect();
    let text = text.trim_matches(['.', ' ']);
    // The end tells more than the beginning.
    let from = (text.len().saturating_sub(LONGEST)..=text.len()).find(|at| text.is_char_boundary(*at));
    let text = &text[from.unwrap_or_default()..];
    match text.rsplit_once('.') {
        // A key may say the kind itself.
        Some((stem, own)) if !stem.is_empty() && is_extension(own) => (stem.to_owned(), own.to_owned()),
        _ if text.is_empty() => ("result".to_owned(), extension_of(bytes).to_owned()),
        _ => (text.to_owned(), extension_of(bytes).to_owned()),
    }
}

fn is_extension(text: &str) -> bool {
    text.len() <= 5
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && text.starts_with(|char: char| char.is_ascii_alphabetic())
}

/// What content of this beginning is usually called.
fn extension_of(bytes: &[u8]) -> &'static str {
    const KNOWN: [(&[u8], &str); 8] = [
        (b"\x89PNG\r\n", "png"),
        (b"\xff\xd8\xff", "jpg"),
        (b"GIF8", "gif"),
        (b"%PDF-", "pdf"),
        (b"PK\x03\x04", "zip"),
        (b"\x1f\x8b", "gz"),
        (b"\x1aE\xdf\xa3", "webm"),
        (b"wOF2", "woff2"),
    ];
    let at = |offset: usize, word: &[u8]| bytes.get(offset..).is_some_and(|rest| rest.starts_with(word));
    match KNOWN.into_iter().find(|(word, _)| at(0, word)) {
        Some((_, extension)) => extension,
        None if at(0, b"RIFF") && at(8, b"WEBP") => "webp",
        None if at(4, b"ftyp") => "mp4",
        None => "bin",
    }
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn a_place_gives_a_name_and_the_content_its_ending() {
        let name = |path: &[&str], bytes: &[u8]| {
            let (stem, extension) = named(&path.iter().map(|&part| part.to_owned()).collect::<Vec<_>>(), bytes);
            format!("{stem}.{extension}")
        };
        assert_eq!(name(&["shot"], b"\x89PNG\r\n\x1a\n"), "shot.png");
        assert_eq!(name(&["pages", "0", "print"], b"%PDF-1.4"), "pages-0-print.pdf");
        assert_eq!(name(&["report.csv"], b"a,b"), "report.csv");
        assert_eq!(name(&["v1.5"], b"RIFF....WEBP"), "v1.5.webp");
        assert_eq!(name(&["../../etc", "a/b\\c\n"], b""), "_.._etc-a_b_c_.bin");
        assert_eq!(name(&["", ""], b""), "-.bin");
        assert_eq!(name(&[".."], b"....ftypisom"), "result.mp4");
        assert_eq!(name(&["é".repeat(100).as_str()], b"").chars().count(), 64);
    }
}
