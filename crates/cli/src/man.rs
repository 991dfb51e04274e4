//! `puppet-master man`: manual pages, from the same text as `--help`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;

use crate::output::{note, print};

/// Print the manual page, or write those of all verbs into a folder.
///
/// To read it: puppet-master man | man -l -
#[derive(Debug, clap::Args)]
pub(crate) struct ManArgs {
    /// The verb whose page is printed, such as run or jobs-list; the page of the whole command when left out.
    #[arg(value_name = "VERB")]
    verb: Option<String>,
    /// Write a page for each verb into this folder, which is made.
    #[arg(short, long, value_name = "FOLDER", conflicts_with = "verb")]
    output: Option<PathBuf>,
}

/// Prints or writes pages.
pub(crate) fn run(args: &ManArgs, mut command: clap::Command) -> anyhow::Result<ExitCode> {
    command.build();
    let mut verbs = Vec::new();
    collect(&command, "puppet-master", &mut verbs);
    if let Some(folder) = &args.output {
        std::fs::create_dir_all(folder).with_context(|| format!("failed to make the folder {}", folder.display()))?;
        for (name, verb) in verbs {
            let file = folder.join(format!("{name}.1"));
            std::fs::write(&file, page(verb)?).with_context(|| format!("failed to write {}", file.display()))?;
            note(&format!("Wrote {}", file.display()));
        }
        return Ok(ExitCode::SUCCESS);
    }
    let wanted = args
        .verb
        .as_ref()
        .map_or("puppet-master".to_owned(), |verb| format!("puppet-master-{}", verb.replace(' ', "-")));
    let Some((_, verb)) = verbs.into_iter().find(|(name, _)| *name == wanted) else {
        service::config::refuse(format_args!("there is no verb {}", args.verb.as_deref().unwrap_or_default()))
    };
    print(&String::from_utf8_lossy(&page(verb)?))?;
    Ok(ExitCode::SUCCESS)
}

/// A command and all below, by the names of their pages.
fn collect<'a>(command: &'a clap::Command, name: &str, verbs: &mut Vec<(String, &'a clap::Command)>) {
    verbs.push((name.to_owned(), command));
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set() && verb.get_name() != "help") {
        collect(verb, &format!("{name}-{}", verb.get_name()), verbs);
    }
}

fn page(command: &clap::Command) -> anyhow::Result<Vec<u8>> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    Ok(page)
}
