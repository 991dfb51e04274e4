//! A job's files as one archive, written as they come: nothing is held but a list of what has passed.
//!
//! The files are stored as they are, without compression: most of what browsers make is compressed already. Sizes and sums
//! follow each file in a data descriptor, of ZIP64 for files of 4 GiB and more. See
//! <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>.

use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use job_files::{FilesError, JobFiles, SetKey};
use job_model::JobFile;

/// Sizes and places from here on need ZIP64.
const LARGE: u64 = 0xffff_ffff;
/// Numbers of files from here on do.
const MANY: usize = 0xffff;
/// Sum and sizes come after the file; its name is UTF-8.
const FLAGS: u16 = 1 << 3 | 1 << 11;
/// 1980-01-01: a file's own time is not known.
const DATE: u16 = 0x21;

/// The bytes of the archive.
pub(super) fn stream(
    files: JobFiles,
    list: Option<(SetKey, Vec<JobFile>)>,
) -> impl Stream<Item = Result<Bytes, FilesError>> {
    let begun = Writer { files, list, next: 0, current: None, written: 0, entries: Vec::new(), ended: false };
    stream::unfold(begun, |mut writer| async move {
        let piece = writer.piece().await?;
        if let Ok(piece) = &piece {
            writer.written += piece.len() as u64;
        } else {
            writer.ended = true;
        }
        Some((piece, writer))
    })
}

struct Writer {
    files: JobFiles,
    list: Option<(SetKey, Vec<JobFile>)>,
    next: usize,
    current: Option<Current>,
    written: u64,
    entries: Vec<Entry>,
    ended: bool,
}

/// The file that is being written.
struct Current {
    content: job_files::Content,
    /// CRC-32 as in ISO 3309.
    sum: crc32fast::Hasher,
    bytes: u64,
    entry: Entry,
}

struct Entry {
    name: String,
    sum: u32,
    bytes: u64,
    offset: u64,
    large: bool,
}

impl Writer {
    async fn piece(&mut self) -> Option<Result<Bytes, FilesError>> {
        if self.ended {
            return None;
        }
        if let Some(current) = &mut self.current {
            match current.content.stream.next().await {
                Some(Ok(piece)) => {
                    current.sum.update(&piece);
                    current.bytes += piece.len() as u64;
                    return Some(Ok(piece));
                }
                Some(Err(error)) => return Some(Err(error)),
                None => {}
            }
        }
        if let Some(Current { sum, bytes, entry, .. }) = self.current.take() {
            let entry = Entry { sum: sum.finalize(), bytes, ..entry };
            let descriptor = entry.descriptor();
            self.entries.push(entry);
            return Some(Ok(descriptor));
        }
        let next = self.list.as_ref().and_then(|(set, files)| Some((set, files.get(self.next)?)));
        let Some((set, file)) = next else {
            self.ended = true;
            return Some(Ok(directory(&self.entries, self.written)));
        };
        let content = match self.files.get(set, self.next, file, None).await {
            Ok(content) => content,
            Err(error) => return Some(Err(error)),
        };
        let name = file.name.to_string();
        let entry = Entry { name, sum: 0, bytes: 0, offset: self.written, large: file.bytes >= LARGE };
        self.next += 1;
        let header = entry.header();
        self.current = Some(Current { content, sum: crc32fast::Hasher::new(), bytes: 0, entry });
        Some(Ok(header))
    }
}

impl Entry {
    fn version(&self) -> u16 {
        if self.large || self.offset >= LARGE { 45 } else { 20 }
    }

    fn header(&self) -> Bytes {
        let mut out = Vec::new();
        put32(&mut out, 0x0403_4b50);
        put16(&mut out, self.version());
        put16(&mut out, FLAGS);
        put16(&mut out, 0);
        put16(&mut out, 0);
        put16(&mut out, DATE);
        put32(&mut out, 0);
        let size = if self.large { u32::MAX } else { 0 };
        put32(&mut out, size);
        put32(&mut out, size);
        put16(&mut out, length(&self.name));
        put16(&mut out, if self.large { 20 } else { 0 });
        out.extend_from_slice(self.name.as_bytes());
        if self.large {
            put16(&mut out, 1);
            put16(&mut out, 16);
            put64(&mut out, 0);
            put64(&mut out, 0);
        }
        out.into()
    }

    fn descriptor(&self) -> Bytes {
        let mut out = Vec::new();
        put32(&mut out, 0x0807_4b50);
        put32(&mut out, self.sum);
        for _ in 0..2 {
            if self.large { put64(&mut out, self.bytes) } else { put32(&mut out, small(self.bytes)) }
        }
        out.into()
    }

    fn in_directory(&self, out: &mut Vec<u8>) {
        let far = self.offset >= LARGE;
        put32(out, 0x0201_4b50);
        put16(out, 3 << 8 | self.version());
        put16(out, self.version());
        put16(out, FLAGS);
        put16(out, 0);
        put16(out, 0);
        put16(out, DATE);
        put32(out, self.sum);
        put32(out, if self.large { u32::MAX } else { small(self.bytes) });
        put32(out, if self.large { u32::MAX } else { small(self.bytes) });
        put16(out, length(&self.name));
        let extra = if self.large { 16 } else { 0 } + if far { 8 } else { 0 };
        put16(out, if extra > 0 { extra + 4 } else { 0 });
        put16(out, 0);
        put16(out, 0);
        put16(out, 0);
        // A plain file that its owner may change.
        put32(out, 0o100_644 << 16);
        put32(out, small(self.offset));
        out.extend_from_slice(self.name.as_bytes());
        if extra > 0 {
            put16(out, 1);
            put16(out, extra);
            if self.large {
                put64(out, self.bytes);
                put64(out, self.bytes);
            }
            if far {
                put64(out, self.offset);
            }
        }
    }
}

/// The list of files that ends an archive, which so many bytes are before.
fn directory(entries: &[Entry], offset: u64) -> Bytes {
    let mut out = Vec::new();
    entries.iter().for_each(|entry| entry.in_directory(&mut out));
    let size = out.len() as u64;
    let count = entries.len();
    if count >= MANY || offset >= LARGE || size >= LARGE {
        put32(&mut out, 0x0606_4b50);
        put64(&mut out, 44);
        put16(&mut out, 3 << 8 | 45);
        put16(&mut out, 45);
        put32(&mut out, 0);
        put32(&mut out, 0);
        put64(&mut out, count as u64);
        put64(&mut out, count as u64);
        put64(&mut out, size);
        put64(&mut out, offset);
        put32(&mut out, 0x0706_4b50);
        put32(&mut out, 0);
        put64(&mut out, offset + size);
        put32(&mut out, 1);
    }
    put32(&mut out, 0x0605_4b50);
    put16(&mut out, 0);
    put16(&mut out, 0);
    let shown = u16::try_from(count).unwrap_or(u16::MAX);
    put16(&mut out, shown);
    put16(&mut out, shown);
    put32(&mut out, small(size));
    put32(&mut out, small(offset));
    put16(&mut out, 0);
    out.into()
}

/// A size or place; what is too large for its field is said in ZIP64.
fn small(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn length(name: &str) -> u16 {
    u16::try_from(name.len()).expect("a file's name has 512 bytes at most")
}

fn put16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put64(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(&value.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use futures::TryStreamExt;
    use job_files::{JobFiles, SetKey};
    use job_model::{FileName, FileSetId, InstanceId, JobId};

    use super::stream;

    #[tokio::test]
    async fn an_archive_is_read_by_others() {
        let dir = tempfile::tempdir().unwrap();
        let files = JobFiles::in_folder(dir.path()).unwrap();
        let set = SetKey { job: JobId::fresh(), instance: Some(InstanceId::fresh()), set: FileSetId::of_attempt(1) };
        let mut list = Vec::new();
        for (index, (name, text)) in [("a.txt", "hello"), ("out/é.csv", "1,2"), ("empty", "")].into_iter().enumerate()
        {
            list.push(files.put(&set, index, &FileName::parse(name).unwrap(), text.as_bytes()).await.unwrap());
        }
        let pieces: Vec<_> = stream(files.clone(), Some((set, list))).try_collect().await.unwrap();
        let archive = dir.path().join("a.zip");
        std::fs::write(&archive, pieces.concat()).unwrap();
        let code = "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; \
                    print([(i.filename, z.read(i).decode()) for i in z.infolist()])";
        let read = std::process::Command::new("python3").args(["-c", code]).arg(&archive).output().unwrap();
        let told = String::from_utf8_lossy(&read.stdout).into_owned() + &String::from_utf8_lossy(&read.stderr);
        assert_eq!(told.trim(), "[('a.txt', 'hello'), ('out/é.csv', '1,2'), ('empty', '')]");
        let none: Vec<_> = stream(files, None).try_collect().await.unwrap();
        assert_eq!(none.concat().len(), 22);
    }
}
