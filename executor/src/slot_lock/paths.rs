//! Landlock: files by their place, TCP ports, abstract sockets and signals. See `Documentation/userspace-api/landlock.rst` in
//! Linux. What an older kernel does not know is left to [`system_calls`](super::system_calls).

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, Scope, make_bitflags,
};

use super::{FileAccess, LockError};

/// The newest rights that this is written for.
const KNOWN: ABI = ABI::V6;

/// What the job's folder is there for. Nothing in it is run, and no link, socket or device is made.
fn of_the_folder() -> BitFlags<AccessFs> {
    make_bitflags!(AccessFs::{
        ReadFile | ReadDir | WriteFile | Truncate | MakeReg | MakeDir | RemoveFile | RemoveDir | Refer
    })
}

pub(super) fn restrict(files: FileAccess<'_>) -> Result<(), LockError> {
    let mut ruleset = Ruleset::default().set_compatibility(CompatLevel::BestEffort);
    if let FileAccess::Folder(_) = files {
        ruleset = ruleset.handle_access(AccessFs::from_all(KNOWN))?;
    }
    let ruleset = ruleset.handle_access(AccessNet::from_all(KNOWN))?.scope(Scope::from_all(KNOWN))?;
    let mut ruleset = ruleset.create()?;
    if let FileAccess::Folder(folder) = files {
        ruleset = ruleset.add_rule(PathBeneath::new(PathFd::new(folder)?, of_the_folder()))?;
    }
    ruleset.restrict_self()?;
    Ok(())
}
