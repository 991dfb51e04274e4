//! Reads `static/` and writes it down as a table of files: path, media type, hash, bytes, and the bytes compressed.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

fn main() {
    let root = PathBuf::from(env("CARGO_MANIFEST_DIR")).join("static");
    let out = PathBuf::from(env("OUT_DIR"));
    println!("cargo::rerun-if-changed=static");
    let mut paths = Vec::new();
    collect(&root, &mut paths);
    let mut files: Vec<(String, PathBuf)> = paths.into_iter().map(|path| (relative(&root, &path), path)).collect();
    files.sort();

    let mut table = String::from("static FILES: &[File] = &[\n");
    for (number, (name, path)) in files.iter().enumerate() {
        let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let packed = out.join(format!("{number}.gz"));
        fs::write(&packed, gzip(&bytes)).unwrap_or_else(|error| panic!("{}: {error}", packed.display()));
        let _ = writeln!(
            table,
            "    File {{ path: {name:?}, media_type: {:?}, etag: \"W/\\\"{:016x}\\\"\", plain: include_bytes!({path:?}), gzip: include_bytes!({packed:?}) }},",
            media_type(name),
            fnv1a(&bytes),
        );
    }
    table.push_str("];\n");
    fs::write(out.join("files.rs"), table).expect("cargo's folder can be written");
}

fn env(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("an entry of a folder").path();
        if path.is_dir() {
            collect(&path, paths);
        } else {
            paths.push(path);
        }
    }
}

fn relative(root: &Path, path: &Path) -> String {
    let parts = path.strip_prefix(root).expect("a path below the root").iter();
    parts.map(|part| part.to_str().expect("our names are ASCII")).collect::<Vec<_>>().join("/")
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory takes all")
}

/// Tells contents apart that nobody chose to collide: <http://www.isthe.com/chongo/tech/comp/fnv/>.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
