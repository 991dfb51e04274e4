//! What `run` runs, as its flags say it. Paths of flags begin at the current folder.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use job_model::Language;
use tokio::io::AsyncReadExt;

use crate::job_source::{
    JobSource, NamedFile, code_file, found_modules, language_of, module_name, named_file, read, read_vars, site, var,
};

/// What makes the job.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Job")]
pub(crate) struct SourceArgs {
    /// File with the code (.js, .mjs, .cjs, .ts, .mts, .cts), folder of a job (code.mjs or code.ts, vars.json, modules/*), or -
    /// for standard input.
    #[arg(value_name = "FILE|DIR|-")]
    job: PathBuf,
    /// A var of the job; may be given many times. Takes precedence over --vars.
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = var)]
    var: Vec<(String, String)>,
    /// File with vars: a JSON object of strings. Default: vars.json of a folder.
    #[arg(long, value_name = "FILE")]
    vars: Option<PathBuf>,
    /// File of a module, which is named as its file unless NAME= says otherwise; may be given many times, or with commas. Joins
    /// those in the folder `modules` of a folder.
    #[arg(long = "module", value_name = "[NAME=]FILE", value_delimiter = ',', value_parser = named_file)]
    modules: Vec<NamedFile>,
    /// File that the job finds in its folder, under its own name unless NAME= says otherwise; may be given many times.
    #[arg(long = "file", value_name = "[NAME=]FILE", value_parser = named_file)]
    files: Vec<NamedFile>,
    /// Language of the code, js or ts, when its name does not tell.
    #[arg(long, value_name = "LANGUAGE", value_parser = crate::job_source::language)]
    language: Option<Language>,
}

impl SourceArgs {
    /// Whether the code comes from standard input.
    pub(crate) fn is_stdin(&self) -> bool {
        self.job == Path::new("-")
    }

    /// Reads everything.
    pub(crate) async fn load(&self) -> anyhow::Result<JobSource> {
        let mut source = self.code().await?;
        if let Some(language) = self.language {
            source.language = language;
        }
        if let Some(file) = &self.vars {
            source.vars = read_vars(file)?;
            source.read.push(file.clone());
        }
        source.vars.extend(self.var.iter().cloned());
        for NamedFile { name, path } in &self.modules {
            let name = name.clone().map_or_else(|| module_name(path), Ok)?;
            source.modules.insert(name, read(path)?);
            source.read.push(path.clone());
        }
        for file in &self.files {
            if !file.path.is_file() {
                bail!("failed to read {}: it is not a file", file.path.display());
            }
            source.files.insert(file.file_name()?, file.path.clone());
            source.read.push(file.path.clone());
        }
        Ok(source)
    }

    async fn code(&self) -> anyhow::Result<JobSource> {
        let mut source = JobSource::default();
        if self.is_stdin() {
            let mut code = String::new();
            tokio::io::stdin()
                .read_to_string(&mut code)
                .await
                .context("failed to read the code from standard input")?;
            source.code = code;
            return Ok(source);
        }
        let mut file = self.job.clone();
        // A pipe of the shell, `<(…)`, is neither.
        if file.is_dir() || !file.exists() {
            let dir = &self.job;
            file = dir.join(code_file(dir)?);
            let vars = dir.join("vars.json");
            if self.vars.is_none() && vars.exists() {
                source.vars = read_vars(&vars)?;
            }
            for (name, file) in found_modules(dir)? {
                source.modules.insert(name, read(&file)?);
                source.read.push(file);
            }
            source.site = site(dir);
            source.read.extend([vars, dir.join("modules"), dir.clone()]);
        }
        source.code = read(&file)?;
        source.language = language_of(&file);
        source.read.push(file);
        Ok(source)
    }
}
