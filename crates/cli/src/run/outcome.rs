//! What `run` shows of a job that is done, and what it keeps.

use std::path::Path;

use anyhow::Context;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::RunArgs;
use crate::api::JobText;
use crate::downloads;
use crate::output::{note, print, print_json};
use crate::place::Place;
use crate::show::{self, Shortened};
use crate::terminal::{Paint, shown};

/// Prints results and ending, and writes what is to be kept.
pub(super) async fn show(place: &Place, args: &RunArgs, done: &JobText) -> anyhow::Result<()> {
    let job = &done.job;
    let uuid = job.uuid.as_str();
    let mut shortened = Shortened::No;
    if args.json {
        print_json(done.text.get())?;
    } else if let Some(results) = job.results.as_ref().filter(|results| !results.is_empty()) {
        let (text, was) = show::results(results, Paint::stdout());
        shortened = was;
        print(&text)?;
    }
    if !args.quiet || !job.error.is_empty() {
        note(show::ending(job, args.stack, Paint::stderr()).trim_end());
    }
    if let Some(output) = &args.output {
        keep(place, args, done, output).await?;
    }
    if args.delete && !place.is_here() {
        place.gateway().delete(uuid).await?;
    }
    if args.quiet || args.output.is_some() {
        return Ok(());
    }
    let paint = Paint::stderr();
    let kept = !place.is_here() && !args.delete;
    if shortened == Shortened::Yes {
        let whole = if kept {
            format!("puppet-master jobs show {uuid} --json")
        } else {
            "--json, or --output FOLDER".to_owned()
        };
        note(&paint.dim(&format!("Shortened; as a whole: {whole}")));
    }
    if let Some(files) = job.files.as_ref().filter(|files| !files.is_empty()) {
        let names: Vec<_> = files.iter().take(5).map(|file| shown(file.name.as_str()).into_owned()).collect();
        let more =
            if files.len() > names.len() { format!(" and {} more", files.len() - names.len()) } else { String::new() };
        let whence = if kept {
            format!("puppet-master jobs files {uuid} --output FOLDER")
        } else {
            "--output FOLDER keeps them".to_owned()
        };
        note(&paint.dim(&format!("Files: {}{more}; {whence}", names.join(", "))));
    }
    Ok(())
}

/// Writes the job's files, its pictures, and the job itself.
async fn keep(place: &Place, args: &RunArgs, done: &JobText, output: &Path) -> anyhow::Result<()> {
    downloads::all(place.gateway(), &done.job, output).await?;
    let taken = |name: &str| done.job.files.iter().flatten().any(|file| file.name.as_str() == name);
    let mut found = vec![("job.json".to_owned(), (show::lay_out(done.text.get()) + "\n").into_bytes())];
    for (key, value) in done.job.results.iter().flatten() {
        pictures(key, value, &mut found);
    }
    for (name, bytes) in found {
        let target = output.join(&name);
        if taken(&name) {
            note(&format!("{name} is not written: the job left a file of that name"));
            continue;
        }
        std::fs::write(&target, bytes).with_context(|| format!("failed to write {}", target.display()))?;
        if !args.quiet {
            note(&format!("Wrote {}", target.display()));
        }
    }
    Ok(())
}

/// Pictures and PDFs among results, named for their place there.
fn pictures(place: &str, value: &Value, found: &mut Vec<(String, Vec<u8>)>) {
    match value {
        Value::String(text) => {
            let Some((kind, _)) = show::picture(text) else { return };
            if let Ok(bytes) = BASE64_STANDARD.decode(text) {
                let plain = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' };
                let name: String = place.trim_start_matches('.').chars().map(plain).take(100).collect();
                found.push((format!("{name}.{}", kind.to_lowercase()), bytes));
            }
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| pictures(&format!("{place}-{at}"), item, found));
        }
        Value::Object(members) => {
            members.iter().for_each(|(key, value)| pictures(&format!("{place}-{key}"), value, found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
