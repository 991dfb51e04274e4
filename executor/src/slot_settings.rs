//! What a slot is told of the configuration.

use crate::chromium_sandbox::ChromiumSandbox;
use crate::config::ExecutorArgs;
use crate::protocol::SlotSettings;

/// Makes the settings of a slot of this configuration; `run_dir` is still the folder of all slots.
pub fn slot_settings(args: &ExecutorArgs) -> SlotSettings {
    slot_settings_with(args, ChromiumSandbox::choose(&args.browser).unwrap_or(ChromiumSandbox::Off))
}

/// Makes the same settings for a Chromium whose sandbox is chosen.
pub(crate) fn slot_settings_with(args: &ExecutorArgs, sandbox: ChromiumSandbox) -> SlotSettings {
    const MIB: u64 = 1024 * 1024;
    let browser = &args.browser;
    SlotSettings {
        run_dir: args.run_dir(),
        chromium_executable: browser.chromium_executable.clone(),
        headless: browser.chromium_headless != "false",
        extra_args: browser.chromium_extra_args.0.clone(),
        ignore_https_errors: browser.ignore_https_errors,
        chromium_sandbox: sandbox == ChromiumSandbox::On,
        browser_start_timeout: browser.browser_start_timeout,
        isolation: browser.browser_isolation,
        browser_max_jobs: browser.browser_max_jobs,
        browser_max_age: browser.browser_max_age,
        browser_max_memory: u64::from(browser.browser_max_memory) * MIB,
        job_memory: u64::from(args.job_memory) * MIB,
        job_cpu: args.job_cpu,
        job_stack: u64::from(args.job_stack) << 10,
        job_log_lines: args.job_log_lines,
        job_log_bytes: args.job_log_bytes,
        job_result_bytes: args.job_result_bytes,
        job_document_bytes: args.job_document_bytes,
        job_page_memory: u64::from(args.job_page_memory) * MIB,
        job_browser_memory: u64::from(args.job_browser_memory) * MIB,
        job_temp_files: u64::from(args.job_temp_files) * MIB,
        job_pages: args.job_pages.get().into(),
        job_frames: args.job_frames,
        job_files_bytes: args.job_files_bytes,
        job_files: args.job_files,
        allow_local_files: args.allow_local_files,
        job_fetch: args.job_fetch,
        job_fetches: args.job_fetches,
        proxies: None,
    }
}
