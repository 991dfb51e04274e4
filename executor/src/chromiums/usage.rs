//! What a job's pages use of the machine: all processes of a Chromium together.

use crate::protocol::SlotSettings;
use crate::{memory, processes};

/// How much one Chromium may use while a job runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct UsageLimits {
    /// JOB_BROWSER_MEMORY, in bytes.
    memory: u64,
    /// JOB_TEMP_FILES, in bytes.
    temporary_files: u64,
}

impl UsageLimits {
    pub(super) fn new(settings: &SlotSettings) -> Self {
        Self { memory: settings.job_browser_memory, temporary_files: settings.job_temp_files }
    }

    /// Returns the sentence of the limit that the processes of a group exceed. Reads hundreds of files of /proc.
    pub(super) fn exceeded_by(self, group: i32) -> Option<String> {
        const MIB: u64 = 1 << 20;
        let members = processes::members(group);
        if memory::of_processes(&members) > self.memory {
            return Some(format!("Memory limit of {} MiB (JOB_BROWSER_MEMORY) exceeded", self.memory / MIB));
        }
        let files = memory::temporary_files_of(&members);
        let limit = self.temporary_files;
        (files > limit).then(|| format!("Limit of {} MiB of temporary files (JOB_TEMP_FILES) exceeded", limit / MIB))
    }
}
