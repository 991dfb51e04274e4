//! A job as a folder: `code.mjs` or `code.ts`, `vars.json`, `modules/*`; or as one file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use job_model::Language;

/// Which files of a folder make the job.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct FolderArgs {
    /// Folder of the job, or the file with its code; the current folder when left out.
    #[arg(value_name = "DIR|FILE", default_value = ".")]
    pub(crate) dir: PathBuf,
    /// File with the code, in the folder. TypeScript when its name ends in .ts, .mts or .cts. Default: code.mjs, else code.ts.
    #[arg(long, value_name = "FILE")]
    pub(crate) code: Option<PathBuf>,
    /// File with the vars, in the folder: a JSON object of strings. May be missing.
    #[arg(long, value_name = "FILE", default_value = "vars.json")]
    pub(crate) vars: PathBuf,
    /// File of a module, in the folder; may be given many times, or with commas. Default: every .mjs, .ts, .mts and .cts file in the folder `modules`.
    #[arg(long = "module", value_name = "FILE", value_delimiter = ',')]
    pub(crate) modules: Vec<PathBuf>,
}

/// What a folder holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct JobFolder {
    /// The code.
    pub(crate) code: String,
    /// What the code is written in.
    pub(crate) language: Language,
    /// The vars.
    pub(crate) vars: BTreeMap<String, String>,
    /// Source text by module name, which is the file's name: without its ending, unless that says TypeScript.
    pub(crate) modules: BTreeMap<String, String>,
}

impl JobFolder {
    /// Reads the files.
    pub(crate) fn load(args: &FolderArgs) -> anyhow::Result<Self> {
        let (dir, file) = args.places();
        let code = read(&dir.join(&file))?;
        let language = language_of(&file);
        let vars_file = dir.join(&args.vars);
        let vars = if vars_file.exists() {
            serde_json::from_str(&read(&vars_file)?)
                .with_context(|| format!("{} is not a JSON object of strings", vars_file.display()))?
        } else {
            BTreeMap::new()
        };
        let files = if args.modules.is_empty() { found_modules(&dir)? } else { args.modules.clone() };
        let mut modules = BTreeMap::new();
        for file in files {
            let name = if language_of(&file) == Language::Ts { file.file_name() } else { file.file_stem() };
            let Some(name) = name.and_then(|name| name.to_str()) else {
                bail!("{} has no name that a module could have", file.display());
            };
            modules.insert(name.to_owned(), read(&dir.join(&file))?);
        }
        Ok(Self { code, language, vars, modules })
    }
}

impl FolderArgs {
    /// The job's folder, and the file with its code there.
    fn places(&self) -> (PathBuf, PathBuf) {
        if let (true, Some(name), None) = (self.dir.is_file(), self.dir.file_name(), &self.code) {
            return (self.dir.parent().unwrap_or(Path::new("")).to_owned(), name.into());
        }
        let found = || {
            let names = ["code.mjs", "code.ts"];
            names.into_iter().find(|name| self.dir.join(name).exists()).unwrap_or(names[0]).into()
        };
        (self.dir.clone(), self.code.clone().unwrap_or_else(found))
    }
}

fn language_of(file: &Path) -> Language {
    Language::of_file(&file.to_string_lossy())
}

fn read(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("failed to read {}", file.display()))
}

fn found_modules(dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let folder = dir.join("modules");
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = std::fs::read_dir(&folder).with_context(|| format!("failed to list {}", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let name = PathBuf::from(entry.with_context(|| format!("failed to list {}", folder.display()))?.file_name());
        if name.extension().is_some_and(|ending| ending == "mjs") || language_of(&name) == Language::Ts {
            files.push(Path::new("modules").join(name));
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::{FolderArgs, JobFolder};
    use job_model::Language;

    fn args(dir: &std::path::Path) -> FolderArgs {
        FolderArgs { dir: dir.to_owned(), code: None, vars: "vars.json".into(), modules: Vec::new() }
    }

    #[test]
    fn modules_are_named_for_their_files() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("modules")).unwrap();
        std::fs::write(dir.path().join("code.mjs"), "code").unwrap();
        std::fs::write(dir.path().join("vars.json"), r#"{"a":"b"}"#).unwrap();
        std::fs::write(dir.path().join("modules/shared.mjs"), "export {}").unwrap();
        std::fs::write(dir.path().join("modules/notes.txt"), "not a module").unwrap();

        let folder = JobFolder::load(&args(dir.path())).unwrap();

        assert_eq!((folder.code.as_str(), folder.vars["a"].as_str()), ("code", "b"));
        assert_eq!(folder.modules.keys().collect::<Vec<_>>(), ["shared"]);
    }

    #[test]
    fn type_script_is_told_by_names_and_a_file_is_a_job() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("modules")).unwrap();
        std::fs::write(dir.path().join("code.ts"), "let a: A").unwrap();
        std::fs::write(dir.path().join("other.mjs"), "let a").unwrap();
        std::fs::write(dir.path().join("modules/shared.ts"), "export type A = 1").unwrap();
        std::fs::write(dir.path().join("modules/types.d.ts"), "not a module").unwrap();

        let folder = JobFolder::load(&args(dir.path())).unwrap();
        let file = JobFolder::load(&args(&dir.path().join("other.mjs"))).unwrap();

        assert_eq!((folder.code.as_str(), folder.language), ("let a: A", Language::Ts));
        assert_eq!(folder.modules.keys().collect::<Vec<_>>(), ["shared.ts"]);
        assert_eq!((file.code.as_str(), file.language), ("let a", Language::Js));
    }

    #[test]
    fn a_missing_code_file_is_named_and_missing_vars_are_none() {
        let dir = tempfile::tempdir().unwrap();
        let error = JobFolder::load(&args(dir.path())).unwrap_err();
        assert!(error.to_string().contains("code.mjs"), "{error}");
        std::fs::write(dir.path().join("code.mjs"), "").unwrap();
        assert!(JobFolder::load(&args(dir.path())).unwrap().vars.is_empty());
        std::fs::write(dir.path().join("vars.json"), "[1]").unwrap();
        assert!(JobFolder::load(&args(dir.path())).unwrap_err().to_string().contains("vars.json"));
    }
}
