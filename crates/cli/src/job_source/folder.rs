//! A job as a folder: `code.mjs` or `code.ts`, `vars.json`, `modules/*` and, for examples and tests, `site/`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use job_model::Language;
use serde_json::Value;

use super::JobSource;

/// The names of the file with the code, the first one that is there is taken.
const CODE: [&str; 6] = ["code.mjs", "code.ts", "code.js", "code.cjs", "code.mts", "code.cts"];

/// Which files of a folder make the job: the predecessor's flags.
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

/// Modules that a folder has: their names and their files.
pub(crate) type Modules = BTreeMap<String, PathBuf>;

impl FolderArgs {
    /// A folder, or the file with its code, and nothing else said of it.
    pub(crate) fn of(dir: &Path) -> Self {
        Self { dir: dir.to_owned(), code: None, vars: "vars.json".into(), modules: Vec::new() }
    }

    /// Reads the files.
    pub(crate) fn load(&self) -> anyhow::Result<JobSource> {
        let (dir, file) = self.places()?;
        let code_file = dir.join(&file);
        let code = read(&code_file)?;
        let vars_file = dir.join(&self.vars);
        let vars = if vars_file.exists() { read_vars(&vars_file)? } else { BTreeMap::new() };
        let files = match self.modules.is_empty() {
            true => found_modules(&dir)?,
            false => {
                let files = self.modules.iter().map(|file| (module_name(file), dir.join(file)));
                files.map(|(name, file)| Ok((name?, file))).collect::<anyhow::Result<Modules>>()?
            }
        };
        let mut modules = BTreeMap::new();
        for (name, file) in &files {
            modules.insert(name.clone(), read(file)?);
        }
        Ok(JobSource { code, language: language_of(&file), vars, modules, site: site(&dir), ..JobSource::default() })
    }

    /// The job's folder, and the file with its code there.
    fn places(&self) -> anyhow::Result<(PathBuf, PathBuf)> {
        if let (true, Some(name), None) = (self.dir.is_file(), self.dir.file_name(), &self.code) {
            return Ok((self.dir.parent().unwrap_or(Path::new("")).to_owned(), name.into()));
        }
        let file = match &self.code {
            Some(file) => file.clone(),
            None => code_file(&self.dir)?,
        };
        Ok((self.dir.clone(), file))
    }
}

/// The file with a folder's code, in the folder.
pub(crate) fn code_file(dir: &Path) -> anyhow::Result<PathBuf> {
    if !dir.is_dir() {
        bail!("there is no file or folder {}", dir.display());
    }
    if let Some(file) = CODE.into_iter().find(|name| dir.join(name).is_file()) {
        return Ok(file.into());
    }
    // Somebody who names the folder of all jobs wants to know which there are.
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let is_job = |dir: &Path| CODE.iter().any(|name| dir.join(name).is_file());
    let mut jobs: Vec<_> = entries.map(|entry| entry.path()).filter(|path| is_job(path)).collect();
    jobs.sort();
    let jobs: Vec<_> = jobs.iter().map(|path| path.display().to_string()).take(20).collect();
    let there = if jobs.is_empty() { String::new() } else { format!("; there are jobs in {}", jobs.join(", ")) };
    bail!("the folder {} has no code.mjs, code.ts or code.js{there}", dir.display())
}

/// The folder of pages of a job's folder.
pub(crate) fn site(dir: &Path) -> Option<PathBuf> {
    Some(dir.join("site")).filter(|site| site.is_dir())
}

/// The language of a file.
pub(crate) fn language_of(file: &Path) -> Language {
    Language::of_file(&file.to_string_lossy())
}

/// Reads a file of text.
pub(crate) fn read(file: &Path) -> anyhow::Result<String> {
    let failed = || format!("failed to read {}", file.display());
    let bytes = std::fs::read(file).with_context(failed)?;
    let text = String::from_utf8(bytes).map_err(|_| anyhow::anyhow!("it is not text in UTF-8"));
    text.with_context(failed)
}

/// Reads a file of vars: a JSON object of strings.
pub(crate) fn read_vars(file: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let refused = || format!("{} is not a JSON object of strings", file.display());
    let value: Value = serde_json::from_str(&read(file)?).with_context(refused)?;
    let Value::Object(members) = value else { bail!(refused()) };
    let text = |(name, value): (String, Value)| match value {
        Value::String(text) => Ok((name, text)),
        other => bail!("{}: {name:?} is {other}; write it between quotes", refused()),
    };
    members.into_iter().map(text).collect()
}

/// A module's name, which is its file's: without its ending, unless that says TypeScript.
pub(crate) fn module_name(file: &Path) -> anyhow::Result<String> {
    let name = if language_of(file) == Language::Ts { file.file_name() } else { file.file_stem() };
    let name = name.and_then(|name| name.to_str());
    name.map(str::to_owned).with_context(|| format!("{} has no name that a module could have", file.display()))
}

/// The modules in the folder `modules` of a job's folder.
pub(crate) fn found_modules(dir: &Path) -> anyhow::Result<Modules> {
    let folder = dir.join("modules");
    if !folder.is_dir() {
        return Ok(Modules::new());
    }
    let failed = || format!("failed to list {}", folder.display());
    let mut modules = Modules::new();
    for entry in std::fs::read_dir(&folder).with_context(failed)? {
        let file = entry.with_context(failed)?.path();
        if file.extension().is_some_and(|ending| ending == "mjs") || language_of(&file) == Language::Ts {
            modules.insert(module_name(&file)?, file);
        }
    }
    Ok(modules)
}

#[cfg(test)]
mod tests {
    use job_model::Language;

    use super::{FolderArgs, code_file};

    #[test]
    fn modules_are_named_for_their_files() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("modules")).unwrap();
        std::fs::write(dir.path().join("code.mjs"), "code").unwrap();
        std::fs::write(dir.path().join("vars.json"), r#"{"a":"b"}"#).unwrap();
        std::fs::write(dir.path().join("modules/shared.mjs"), "export {}").unwrap();
        std::fs::write(dir.path().join("modules/notes.txt"), "not a module").unwrap();

        let folder = FolderArgs::of(dir.path()).load().unwrap();

        assert_eq!((folder.code.as_str(), folder.vars["a"].as_str()), ("code", "b"));
        assert_eq!(folder.modules.keys().collect::<Vec<_>>(), ["shared"]);
        assert_eq!(folder.site, None);
        std::fs::create_dir(dir.path().join("site")).unwrap();
        assert_eq!(FolderArgs::of(dir.path()).load().unwrap().site, Some(dir.path().join("site")));
    }

    #[test]
    fn type_script_is_told_by_names_and_a_file_is_a_job() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("modules")).unwrap();
        std::fs::write(dir.path().join("code.ts"), "let a: A").unwrap();
        std::fs::write(dir.path().join("other.mjs"), "let a").unwrap();
        std::fs::write(dir.path().join("modules/shared.ts"), "export type A = 1").unwrap();
        std::fs::write(dir.path().join("modules/types.d.ts"), "not a module").unwrap();

        let folder = FolderArgs::of(dir.path()).load().unwrap();
        let file = FolderArgs::of(&dir.path().join("other.mjs")).load().unwrap();

        assert_eq!((folder.code.as_str(), folder.language), ("let a: A", Language::Ts));
        assert_eq!(folder.modules.keys().collect::<Vec<_>>(), ["shared.ts"]);
        assert_eq!((file.code.as_str(), file.language), ("let a", Language::Js));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let told = |path: &std::path::Path| format!("{:#}", FolderArgs::of(path).load().unwrap_err());
        assert!(told(dir.path()).contains("has no code.mjs"), "{}", told(dir.path()));
        assert!(told(&dir.path().join("nowhere")).contains("there is no file or folder"));
        std::fs::create_dir(dir.path().join("one")).unwrap();
        std::fs::write(dir.path().join("one/code.js"), "").unwrap();
        assert!(told(dir.path()).ends_with(&format!("there are jobs in {}", dir.path().join("one").display())));
        assert_eq!(code_file(&dir.path().join("one")).unwrap().to_str(), Some("code.js"));
        std::fs::write(dir.path().join("code.mjs"), "").unwrap();
        assert!(FolderArgs::of(dir.path()).load().unwrap().vars.is_empty());
        std::fs::write(dir.path().join("vars.json"), "[1]").unwrap();
        assert!(told(dir.path()).contains("vars.json"));
        std::fs::write(dir.path().join("vars.json"), r#"{"port": 1}"#).unwrap();
        assert!(told(dir.path()).contains(r#""port" is 1; write it between quotes"#), "{}", told(dir.path()));
        std::fs::write(dir.path().join("code.mjs"), b"\xff").unwrap();
        assert!(told(dir.path()).contains("not text in UTF-8"));
    }
}
