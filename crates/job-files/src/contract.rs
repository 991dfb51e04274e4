//! What every store of files promises, as one suite that runs against each of them.

use std::time::Duration;

use job_model::{FileName, FileSetId, InstanceId, JobFile, JobId};

use crate::{FilesError, JobFiles, SetKey, TemplateKey};
use futures::TryStreamExt;

/// Runs the whole suite on a store that holds nothing of these jobs.
///
/// # Panics
/// When the store does not keep a promise.
pub async fn run(files: &JobFiles) {
    what_is_put_is_had_whole_and_in_parts(files).await;
    large_files_pass_in_parts(files).await;
    sets_are_apart_and_go_as_a_whole(files).await;
    a_file_that_is_gone_or_changed_is_told(files).await;
    a_source_that_breaks_leaves_no_file(files).await;
    notes_are_read_until_they_are_forgotten(files).await;
    files_of_templates_are_copied_and_stand_apart(files).await;
}

async fn files_of_templates_are_copied_and_stand_apart(files: &JobFiles) {
    let template = TemplateKey { kind: "script".to_owned(), name: "a b".to_owned(), set: InstanceId::fresh() };
    let file = files.put(&template, 0, &name("in.csv"), &b"a,b"[..]).await.expect("a file");
    let jobs = [set("of a template"), set("of a template")];
    for job in &jobs {
        let before = std::time::SystemTime::now() - Duration::from_secs(2);
        files.copy((&template, 0, &file), (job, 3, &file)).await.expect("a copy");
        let found: Vec<_> = files.sets().try_collect::<Vec<_>>().await.expect("the sets").concat();
        let copy = found.iter().find(|found| found.key == *job).expect("the copy's set");
        assert!(copy.changed > before, "a copy is new however old its source is");
    }
    let found: Vec<_> = files.template_sets().try_collect::<Vec<_>>().await.expect("the sets").concat();
    assert!(found.iter().any(|found| found.key == template), "{found:?}");
    files.remove(&template).await.expect("a set goes");
    assert_eq!(had(files, &jobs[1], 3, &file).await.expect("the copy stays"), b"a,b");
    let found: Vec<_> = files.template_sets().try_collect::<Vec<_>>().await.expect("the sets").concat();
    assert!(found.iter().all(|found| found.key != template), "{found:?}");
    for job in &jobs {
        files.remove(job).await.expect("a set goes");
    }
}

async fn notes_are_read_until_they_are_forgotten(files: &JobFiles) {
    const HOUR: Duration = Duration::from_secs(3600);
    assert_eq!(files.noted(&[7; 32]).await.expect("no note"), None);
    assert_eq!(files.forget_notes(Duration::ZERO).await.expect("none"), 0);
    for text in ["first", "second"] {
        files.note(&[7; 32], text.to_owned()).await.expect("a note");
    }
    assert_eq!(files.noted(&[7; 32]).await.expect("the note").as_deref(), Some(&b"second"[..]));
    assert_eq!(files.forget_notes(HOUR).await.expect("a list"), 0);
    let sets: Vec<_> = files.sets().try_collect::<Vec<_>>().await.expect("the sets").concat();
    assert!(sets.iter().all(|found| !found.key.job.as_str().contains("notes")), "a note is no set");
    // Some stores know times to the second.
    while files.forget_notes(Duration::ZERO).await.expect("a list") == 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(files.noted(&[7; 32]).await.expect("no note"), None);
}

fn set(job: &str) -> SetKey {
    let (job, instance) = (JobId::parse(job).expect("an id"), Some(InstanceId::fresh()));
    SetKey { job, instance, set: FileSetId::of_attempt(1) }
}

fn name(text: &str) -> FileName {
    FileName::parse(text).expect("a name")
}

async fn had(files: &JobFiles, set: &SetKey, index: usize, file: &JobFile) -> Result<Vec<u8>, FilesError> {
    let content = files.get(set, index, file, None).await?;
    let whole = content.stream.try_fold(Vec::new(), |mut sum, piece| async move {
        sum.extend_from_slice(&piece);
        Ok(sum)
    });
    whole.await
}

async fn what_is_put_is_had_whole_and_in_parts(files: &JobFiles) {
    let set = set("a job/with é".replace('/', " ").as_str());
    let file = files.put(&set, 0, &name("out/a ?#%.csv"), &b"hello world"[..]).await.expect("a file");
    assert_eq!((file.bytes, file.media_type.as_str()), (11, "text/csv; charset=utf-8"));
    assert_eq!(file.sha256, "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9");
    assert_eq!(had(files, &set, 0, &file).await.expect("the file"), b"hello world");
    let part = files.get(&set, 0, &file, Some(6..11)).await.expect("a part");
    assert_eq!(part.range, 6..11);
    let bytes: Vec<_> = part.stream.try_collect().await.expect("its bytes");
    assert_eq!(bytes.concat(), b"world");
    let empty = files.put(&set, 1, &name("empty"), &b""[..]).await.expect("an empty file");
    assert_eq!((empty.bytes, had(files, &set, 1, &empty).await.expect("nothing").len()), (0, 0));
    let again = files.put(&set, 0, &name("out/a ?#%.csv"), &b"second"[..]).await.expect("the file once more");
    assert_eq!(had(files, &set, 0, &again).await.expect("the file"), b"second");
    let copy = SetKey { set: FileSetId::input(), ..set.clone() };
    files.copy((&set, 0, &again), (&copy, 4, &again)).await.expect("a copy");
    assert_eq!(had(files, &copy, 4, &again).await.expect("the copy"), b"second");
}

async fn large_files_pass_in_parts(files: &JobFiles) {
    let set = set("large");
    for bytes in [8 << 20, (8 << 20) + 1, 20_000_001] {
        let content: Vec<u8> = (0..=250).cycle().take(bytes).collect();
        let file = files.put(&set, 0, &name("large.bin"), &content[..]).await.expect("a large file");
        assert_eq!(file.bytes, content.len() as u64);
        assert!(had(files, &set, 0, &file).await.expect("the file") == content, "{bytes} bytes");
    }
}

async fn sets_are_apart_and_go_as_a_whole(files: &JobFiles) {
    let one = set("sets");
    let two = SetKey { set: FileSetId::of_attempt(1), ..one.clone() };
    assert_ne!(one, two, "two runs of an attempt have sets of their own");
    let mut made = Vec::new();
    for (index, text) in ["a", "b", "c"].into_iter().enumerate() {
        made.push(files.put(&one, index, &name(text), text.as_bytes()).await.expect("a file"));
    }
    let other = files.put(&two, 0, &name("a"), &b"other"[..]).await.expect("a file");
    let found: Vec<SetKey> = all(files).await.into_iter().filter(|set| set.job == one.job).collect();
    assert!(found.len() == 2 && found.contains(&one) && found.contains(&two), "{found:?}");
    files.remove(&one).await.expect("a set goes");
    files.remove(&one).await.expect("again");
    assert!(matches!(had(files, &one, 0, &made[0]).await, Err(FilesError::NotFound { .. })));
    assert_eq!(had(files, &two, 0, &other).await.expect("the other set"), b"other");
    files.remove(&two).await.expect("a set goes");
    assert!(!all(files).await.iter().any(|set| set.job == one.job));
}

async fn all(files: &JobFiles) -> Vec<SetKey> {
    let batches: Vec<_> = files.sets().try_collect().await.expect("a list");
    batches.into_iter().flatten().map(|found| found.key).collect()
}

async fn a_file_that_is_gone_or_changed_is_told(files: &JobFiles) {
    let set = set("changed");
    let file = files.put(&set, 0, &name("a"), &b"right"[..]).await.expect("a file");
    assert!(matches!(had(files, &set, 1, &file).await, Err(FilesError::NotFound { .. })));
    files.put(&set, 0, &name("a"), &b"wrong"[..]).await.expect("another");
    assert!(matches!(had(files, &set, 0, &file).await, Err(FilesError::Damaged { .. })));
}

async fn a_source_that_breaks_leaves_no_file(files: &JobFiles) {
    let set = set("broken");
    for bytes in [10, 20_000_000] {
        let broken = breaking_after(bytes);
        let error = files.put(&set, 0, &name("a"), broken).await.expect_err("a broken source");
        assert!(matches!(error, FilesError::Source { .. }), "{error}");
    }
    let file = JobFile { name: name("a"), bytes: 1, media_type: String::new(), sha256: String::new() };
    assert!(matches!(had(files, &set, 0, &file).await, Err(FilesError::NotFound { .. })));
}

/// So many bytes, then an error.
fn breaking_after(bytes: usize) -> impl tokio::io::AsyncRead + Unpin {
    struct Breaking(usize);
    impl tokio::io::AsyncRead for Breaking {
        fn poll_read(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
            buffer: &mut tokio::io::ReadBuf<'_>,
        ) -> std::task::Poll<std::io::Result<()>> {
            if self.0 == 0 {
                return std::task::Poll::Ready(Err(std::io::Error::other("broken")));
            }
            let size = buffer.remaining().min(self.0).min(1 << 20);
            buffer.put_slice(&vec![7; size]);
            self.0 -= size;
            std::task::Poll::Ready(Ok(()))
        }
    }
    Breaking(bytes)
}
