//! The names under which files are stored: `jobs/JOB/CREATION/SET/N-NAME`, and `templates/KIND/NAME/SET/N-NAME` for those of
//! what jobs are made of.
//!
//! The number is the file's place in its set's list and makes the key its own; the name after it is for people who look
//! into the store, without what a store could stumble over.

use job_model::{FileName, FileSetId, InstanceId, Job, JobId};

/// A set of files, by the place that it has in the store.
pub trait FileSet: Clone + Send + Sync + Sized + 'static {
    /// What the keys of all sets of this type begin with.
    const ROOT: &'static str;

    /// The parts of the key below the store's prefix, the root first.
    fn components(&self) -> Vec<String>;

    /// Reads the parts of a key; `None` for what is not one of ours.
    fn parse(parts: &[String]) -> Option<Self>;
}

/// Bytes of a job's id in one component: hexadecimal digits are twice as many, and file systems take 255.
const ID_PART: usize = 100;
/// What an id begins with that is written in hexadecimal digits.
const HEX: &str = "x-";
/// The creation of a job that does not say which it is.
const NO_INSTANCE: &str = ".none";

/// A set of files: of which job, which creation of it, and which of its sets.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SetKey {
    /// The job.
    pub job: JobId,
    /// The creation ([`InstanceId::creation`]), which all tries of a job share; `None` for a job of a predecessor.
    pub instance: Option<InstanceId>,
    /// The set.
    pub set: FileSetId,
}

impl SetKey {
    /// Names a set of this very job.
    pub fn of(job: &Job, set: FileSetId) -> Self {
        Self { job: job.uuid.clone(), instance: job.instance.as_ref().map(InstanceId::creation), set }
    }
}

impl FileSet for SetKey {
    const ROOT: &'static str = "jobs";

    fn components(&self) -> Vec<String> {
        let instance = self.instance.as_ref().map_or(NO_INSTANCE, InstanceId::as_str).to_owned();
        let id = id_parts(self.job.as_str());
        [vec![Self::ROOT.to_owned()], id, vec![instance, self.set.as_str().to_owned()]].concat()
    }

    fn parse(parts: &[String]) -> Option<Self> {
        let [root, id @ .., instance, set] = parts else { return None };
        if root != Self::ROOT {
            return None;
        }
        let instance = match instance.as_str() {
            NO_INSTANCE => None,
            text => Some(InstanceId::parse(text)?),
        };
        Some(Self { job: JobId::parse(id_of(id)?).ok()?, instance, set: FileSetId::parse(set)? })
    }
}

/// The files of what jobs are made of, such as a script or a schedule: each of these jobs gets a copy.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TemplateKey {
    /// What has them: one word.
    pub kind: String,
    /// Its name among its kind.
    pub name: String,
    /// Tells the sets of one thing apart.
    pub set: InstanceId,
}

impl FileSet for TemplateKey {
    const ROOT: &'static str = "templates";

    fn components(&self) -> Vec<String> {
        let root = vec![Self::ROOT.to_owned(), self.kind.clone()];
        [root, id_parts(&self.name), vec![self.set.as_str().to_owned()]].concat()
    }

    fn parse(parts: &[String]) -> Option<Self> {
        let [root, kind, name @ .., set] = parts else { return None };
        if root != Self::ROOT {
            return None;
        }
        Some(Self { kind: kind.clone(), name: id_of(name)?, set: InstanceId::parse(set)? })
    }
}

/// The last part of a file's key.
pub(crate) fn object_name(index: usize, name: &FileName) -> String {
    const LONGEST: usize = 80;
    let base: Vec<char> = name.base().chars().map(|char| if is_plain(char) { char } else { '_' }).collect();
    // The end has the extension.
    let tail = &base[base.len().saturating_sub(LONGEST)..];
    format!("{index}-{}", tail.iter().collect::<String>())
}

fn is_plain(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '.' | '_' | '-')
}

/// An id as components that every store takes.
fn id_parts(id: &str) -> Vec<String> {
    let plain = id.len() <= ID_PART && is_plain_text(id);
    if plain { vec![id.to_owned()] } else { id.as_bytes().chunks(ID_PART).map(hex).collect() }
}

/// The id that [`id_parts`] wrote.
fn id_of(parts: &[String]) -> Option<String> {
    let id = match parts {
        [] => return None,
        [plain] if !plain.starts_with(HEX) => return Some(plain.clone()),
        parts => parts.iter().map(|part| unhex(part)).collect::<Option<Vec<_>>>()?.concat(),
    };
    String::from_utf8(id).ok()
}

fn is_plain_text(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_plain) && !text.starts_with('.') && !text.starts_with(HEX)
}

fn hex(bytes: &[u8]) -> String {
    format!("{HEX}{}", crate::sum::hex(bytes))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix(HEX)?;
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use job_model::{FileName, FileSetId, InstanceId, JobId};

    use super::{FileSet, SetKey, TemplateKey, object_name};

    #[test]
    fn a_key_says_whose_it_is_and_is_read_back() {
        let long = "éx".repeat(60);
        for id in ["4830a025-4bbb-4072-b74f-eb9d61d867ea", "a b", "é", "x-41", ".x", "~%?#*", &long, &"a".repeat(200)]
        {
            for instance in [None, Some("none"), Some("abc")] {
                let key = SetKey {
                    job: JobId::parse(id).unwrap(),
                    instance: instance.and_then(InstanceId::parse),
                    set: FileSetId::of_attempt(3),
                };
                let parts = key.components();
                assert!(parts.iter().all(|part| part.len() <= 255 && !part.contains('/')), "{parts:?}");
                assert_eq!(SetKey::parse(&parts), Some(key), "{parts:?}");
            }
        }
        for foreign in [&["jobs", "a", "b"][..], &["jobs"], &["other", "a", "b", "1-aa"], &["jobs", "x-zz", "b", "in"]]
        {
            let parts: Vec<String> = foreign.iter().map(|part| (*part).to_owned()).collect();
            assert_eq!(SetKey::parse(&parts), None, "{parts:?}");
        }
    }

    #[test]
    fn the_files_of_templates_stand_apart_from_those_of_jobs() {
        for name in ["title", "a b", "x-41", &"é".repeat(50)] {
            let key = TemplateKey { kind: "script".to_owned(), name: name.to_owned(), set: InstanceId::fresh() };
            let parts = key.components();
            assert_eq!((TemplateKey::parse(&parts), SetKey::parse(&parts)), (Some(key), None), "{parts:?}");
        }
        assert_eq!(TemplateKey::parse(&["templates", "script", "a"].map(str::to_owned)), None);
    }

    #[test]
    fn an_object_is_named_by_its_place_and_for_people() {
        let named = |text: &str| object_name(7, &FileName::parse(text).unwrap());
        assert_eq!(named("out/report 1%.pdf"), "7-report_1_.pdf");
        assert_eq!(named(&format!("{}.png", "é".repeat(90))).len(), 82);
    }
}
