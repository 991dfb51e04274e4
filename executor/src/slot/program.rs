//! How a slot process is started, and what it inherits.

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use service::TelemetryArgs;
use tokio::process::Command;

use crate::chromiums::messages::SOCKET;
use crate::environment;
use crate::recorder::Ring;
use crate::recorder::ring::RING;

/// The running program's file.
const OWN_FILE: &str = "/proc/self/exe";

/// How a slot process is started: this program again, with the hidden subcommand that calls
/// [`slot_process::main`](crate::slot_process::main).
#[derive(Clone, Debug)]
pub struct SlotProgram {
    /// The program.
    pub executable: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
}

impl SlotProgram {
    /// This program with the subcommand `slot`, logging as this one does. It is the very file that runs now, even when
    /// another version has been put in its place since.
    ///
    /// # Errors
    /// When /proc is not there.
    pub fn this_program(telemetry: &TelemetryArgs) -> io::Result<Self> {
        let mut args: Vec<OsString> = vec!["slot".into()];
        args.extend(telemetry.to_flags().into_iter().map(OsString::from));
        std::fs::metadata(OWN_FILE)?;
        Ok(Self { executable: OWN_FILE.into(), args })
    }

    /// Makes the command that starts it, with the short list of environment variables that a slot inherits.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.executable);
        command.args(&self.args).env_clear().envs(environment::inherited());
        if let Some(name) = std::env::args_os().next().filter(|_| self.executable == Path::new(OWN_FILE)) {
            command.arg0(name);
        }
        command
    }
}

/// Leaves the socket and the ring to the child under their numbers, and no other descriptor but the standard ones.
pub(super) fn inherit(command: &mut Command, socket: &OwnedFd, ring: &Ring) {
    let left = [(socket.as_raw_fd(), SOCKET), (ring.descriptor(), RING)];
    let install = move || {
        // They are moved out of the way first: a descriptor that is duplicated onto itself stays closed to the new program.
        // SAFETY: between fork and exec only async-signal-safe calls on descriptors that the parent holds open.
        unsafe {
            let mut high = left;
            for (descriptor, _) in &mut high {
                *descriptor = libc::fcntl(*descriptor, libc::F_DUPFD_CLOEXEC, RING + 1);
                if *descriptor < 0 {
                    return Err(io::Error::last_os_error());
                }
            }
            for (descriptor, number) in high {
                if libc::dup2(descriptor, number) < 0 {
                    return Err(io::Error::last_os_error());
                }
            }
            // Slots get no descriptor that this executor's own parent has left open. A kernel before 5.11 does not know the call.
            let others = RING.cast_unsigned() + 1;
            libc::syscall(libc::SYS_close_range, others, u32::MAX, libc::CLOSE_RANGE_CLOEXEC);
        }
        Ok(())
    };
    // SAFETY: `install` allocates nothing and takes no lock.
    unsafe { command.pre_exec(install) };
}
