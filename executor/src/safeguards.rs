//! What stands between jobs and this machine as far as the system allows it: found out once, at the start, and told in the log, in
//! `/readyz` and with each heartbeat.

use serde_json::{Map, Value};

use crate::chromium_sandbox::ChromiumSandbox;
use crate::network::namespace::SlotNamespaces;
use crate::slot_lock::KernelLocks;

/// Those that not every system has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Safeguards {
    pub(crate) sandbox: ChromiumSandbox,
    pub(crate) namespaces: SlotNamespaces,
    pub(crate) locks: KernelLocks,
}

impl Safeguards {
    /// Says each in one line.
    pub(crate) fn tell(self) {
        self.sandbox.tell();
        self.namespaces.tell();
        self.locks.warn();
    }

    /// Lists those that are not there, with the reason.
    pub(crate) fn absent(self) -> Map<String, Value> {
        let no_lock = |is_there: bool| (!is_there).then(|| "the kernel has none".to_owned());
        let all = [
            ("chromium_sandbox", self.sandbox.absence()),
            ("network_namespace", self.namespaces.absence()),
            ("landlock", no_lock(self.locks.landlock)),
            ("seccomp", no_lock(self.locks.seccomp)),
        ];
        all.into_iter().filter_map(|(name, reason)| Some((name.to_owned(), reason?.into()))).collect()
    }
}

#[cfg(test)]
mod tests {
    use browser::launch::SandboxObstacle;

    use super::Safeguards;
    use crate::chromium_sandbox::ChromiumSandbox;
    use crate::network::namespace::SlotNamespaces;
    use crate::slot_lock::KernelLocks;

    #[test]
    fn what_is_absent_has_its_reason() {
        let whole = Safeguards {
            sandbox: ChromiumSandbox::On,
            namespaces: SlotNamespaces::On,
            locks: KernelLocks { landlock: true, seccomp: true },
        };
        assert!(whole.absent().is_empty());
        let none = Safeguards {
            sandbox: ChromiumSandbox::Impossible(SandboxObstacle::Root),
            namespaces: SlotNamespaces::Off,
            locks: KernelLocks { landlock: false, seccomp: true },
        };
        let absent = none.absent();
        assert_eq!(absent.keys().collect::<Vec<_>>(), ["chromium_sandbox", "network_namespace", "landlock"]);
        assert!(absent["chromium_sandbox"].as_str().is_some_and(|reason| reason.contains("plain user")));
        assert_eq!(absent["network_namespace"], "EXECUTOR_NETNS=off");
    }
}
