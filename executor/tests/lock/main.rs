//! What native code finds that has taken a slot process over: the job's folder, and nothing else.
//!
//! This program is its own slot: [`probes`] run in it where jobs do, after the same start and behind the same lock. As root
//! it tries all as root and as a plain user.

#![allow(clippy::unwrap_used)] // only tests are here

mod probes;

use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::Path;
use std::process::{Child, Command, ExitCode};

use clap::Parser;
use executor::config::ExecutorArgs;
use executor::protocol::SlotSettings;
use executor::slot::{Slot, SlotError, SlotProgram};
use executor::slot_process;
use libtest_mimic::{Arguments, Failed, Trial};
use probes::{DEADLY, Probe, Report};

#[derive(Parser)]
struct Settings {
    #[command(flatten)]
    executor: ExecutorArgs,
}

/// Whose rights the slot has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum User {
    Own,
    Nobody,
}

/// The plain user.
const NOBODY: u32 = 65_534;

fn main() -> ExitCode {
    if slot_process::is_meant() {
        return slot_process::main_probing(probes::run);
    }
    let arguments = Arguments::from_args();
    let is_root = nix::unistd::geteuid().is_root();
    let users = [("own", User::Own), ("plain", User::Nobody)];
    let trials = users.into_iter().filter(|(_, user)| *user == User::Own || is_root).flat_map(|(name, user)| {
        [
            Trial::test(format!("{name}_user::finds_nothing_but_the_folder"), move || finds_nothing(user)),
            Trial::test(format!("{name}_user::is_ended_by_what_no_slot_does"), move || is_ended(user)),
        ]
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

fn finds_nothing(user: User) -> Result<(), Failed> {
    let text = match probe(user, "all") {
        SlotError::Failed(text) => text,
        other => return Err(format!("the slot did not tell: {other}").into()),
    };
    let report: Report = serde_json::from_str(&text).map_err(|error| format!("{error} in {text}"))?;
    assert!(report.tried > 80, "only {} ways were tried", report.tried);
    assert!(report.reached.is_empty(), "reached: {:?}", report.reached);
    assert!(report.broken.is_empty(), "a slot cannot work: {:?}", report.broken);
    Ok(())
}

fn is_ended(user: User) -> Result<(), Failed> {
    for (name, _) in DEADLY {
        match probe(user, name) {
            SlotError::Ended { status } if status == "killed for a system call that no slot makes" => {}
            other => return Err(format!("{name}: {other}").into()),
        }
    }
    Ok(())
}

/// What became of a slot that tries this.
fn probe(user: User, what: &str) -> SlotError {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let run_dir = folder.path().join("slot-0");
        let files = run_dir.join("files");
        std::fs::create_dir_all(&files).unwrap();
        std::fs::write(run_dir.join("secret"), "secret").unwrap();
        for path in [folder.path(), &run_dir, &files, &run_dir.join("secret")] {
            give(path, user);
        }
        let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let unix = UnixListener::bind(folder.path().join("socket")).unwrap();
        std::fs::set_permissions(folder.path().join("socket"), PermissionsExt::from_mode(0o777)).unwrap();
        // As unique as the folder: trials of one process run at the same time.
        let name = format!("puppet-lock-test-{}", folder.path().display());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let hidden = UnixListener::bind_addr(&address).unwrap();
        let mut neighbour = neighbour(user);

        let probe = Probe {
            what: what.to_owned(),
            folder: folder.path().to_owned(),
            port: tcp.local_addr().unwrap().port(),
            hidden_socket: name,
            parent: std::process::id().cast_signed(),
            neighbour: neighbour.id().cast_signed(),
            authorities: authorities(),
        };
        let arguments = Settings::parse_from(["test"]);
        let extra_args = vec![serde_json::to_string(&probe).unwrap()];
        let settings = SlotSettings { run_dir, extra_args, ..executor::slot_settings(&arguments.executor) };
        let started = Slot::start(&program(user), settings).await;
        neighbour.kill().unwrap();
        neighbour.wait().unwrap();
        drop((tcp, unix, hidden));
        match started {
            Ok(_) => panic!("a probe is no slot"),
            Err(error) => error,
        }
    })
}

/// This program as a slot of that user's.
fn program(user: User) -> SlotProgram {
    let own = std::env::current_exe().unwrap();
    match user {
        User::Own => SlotProgram { executable: own, args: vec!["slot".into()] },
        User::Nobody => {
            let ids = [format!("--reuid={NOBODY}"), format!("--regid={NOBODY}"), "--clear-groups".to_owned()];
            let mut args: Vec<_> = ids.into_iter().map(Into::into).collect();
            args.extend(["--".into(), own.into(), "slot".into()]);
            SlotProgram { executable: "/usr/bin/setpriv".into(), args }
        }
    }
}

/// Which file a slot has opened to read certificate authorities.
fn authorities() -> Option<(u64, u64)> {
    let file = openssl_probe::probe().cert_file?;
    std::fs::metadata(file).ok().map(|facts| (facts.dev(), facts.ino()))
}

fn give(path: &Path, user: User) {
    if user == User::Nobody {
        chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
}

/// Another process of the same user's, as another slot is.
fn neighbour(user: User) -> Child {
    let mut command = Command::new("sleep");
    command.arg("600");
    if user == User::Nobody {
        use std::os::unix::process::CommandExt;
        command.uid(NOBODY).gid(NOBODY);
    }
    command.spawn().unwrap()
}
