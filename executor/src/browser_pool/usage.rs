//! What a job's pages use of the machine, all of Chromium's processes together: watched while the job runs.

use std::time::Duration;

use tokio::time::sleep;

use crate::memory;
use crate::protocol::SlotSettings;

/// How often it is looked at: what is used meanwhile is what Chromium can take within this time.
const PAUSE: Duration = Duration::from_millis(250);

/// Resolves when a limit is exceeded; the sentence names it.
pub(super) async fn exceeded(group: i32, settings: &SlotSettings) -> String {
    const MIB: u64 = 1 << 20;
    loop {
        sleep(PAUSE).await;
        if memory::of_group(group) > settings.job_browser_memory {
            return format!("Memory limit of {} MiB (JOB_BROWSER_MEMORY) exceeded", settings.job_browser_memory / MIB);
        }
        if memory::temporary_files_of_group(group) > settings.job_temp_files {
            return format!(
                "Limit of {} MiB of temporary files (JOB_TEMP_FILES) exceeded",
                settings.job_temp_files / MIB
            );
        }
    }
}
