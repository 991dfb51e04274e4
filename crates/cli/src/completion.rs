//! `puppet-master completion SHELL`: what a shell needs to complete the command.

use std::process::ExitCode;

use clap_complete::Shell;

use crate::output::print;

const NAME: &str = "puppet-master";
/// For bash: clap_complete 4.6 writes a script that finds no verb below a name with a hyphen.
const WITHOUT_HYPHEN: &str = "puppet_master";

/// Print a script that lets a shell complete this command.
///
/// bash: puppet-master completion bash > ~/.local/share/bash-completion/completions/puppet-master
///
/// zsh: puppet-master completion zsh > a file _puppet-master in a folder of $fpath
///
/// fish: puppet-master completion fish > ~/.config/fish/completions/puppet-master.fish
#[derive(Debug, clap::Args)]
pub(crate) struct CompletionArgs {
    /// The shell.
    shell: Shell,
}

/// Prints the script.
pub(crate) fn run(args: &CompletionArgs, mut command: clap::Command) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    let name = if args.shell == Shell::Bash { WITHOUT_HYPHEN } else { NAME };
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    let script = String::from_utf8_lossy(&script);
    print(&script.replace(&format!("default {WITHOUT_HYPHEN}\n"), &format!("default {NAME}\n")))?;
    Ok(ExitCode::SUCCESS)
}
