//! A Chromium that has served enough is replaced between two jobs.

use crate::test_slot::TestSlot;

const JOB: &str = "await page.setContent('<p>1</p>')";

/// How many of the first two jobs were followed by a new Chromium, and whether the second had the first's.
async fn recycles_after_two_jobs(flags: &[&str]) -> (u32, u32) {
    let mut slot = TestSlot::start(flags).await;
    assert_eq!(slot.run(JOB, &[]).await.error, None);
    let first = slot.ready().await;
    assert_eq!(slot.run(JOB, &[]).await.error, None);
    let second = slot.ready().await;
    slot.end().await;
    (first.recycles, second.recycles)
}

#[tokio::test]
async fn a_warm_browser_serves_many_jobs() {
    assert_eq!(recycles_after_two_jobs(&[]).await, (0, 0));
}

#[tokio::test]
async fn a_number_of_jobs_is_enough() {
    assert_eq!(recycles_after_two_jobs(&["--browser-max-jobs=2"]).await, (0, 1));
}

#[tokio::test]
async fn an_age_is_enough() {
    // Ready says it once; one that ages while it waits is replaced without a word, so the sum is what counts.
    let (first, second) = recycles_after_two_jobs(&["--browser-max-age=1ms"]).await;
    assert!(first >= 1 && second >= 1);
}

#[tokio::test]
async fn a_size_is_enough() {
    assert_eq!(recycles_after_two_jobs(&["--browser-max-memory=1"]).await, (1, 1));
}

#[tokio::test]
async fn with_process_isolation_each_job_has_a_browser_of_its_own() {
    let mut slot = TestSlot::start(&["--browser-isolation=process"]).await;
    let mut browsers = Vec::new();
    for _ in 0..3 {
        browsers.push(slot.browser());
        assert_eq!(slot.run(JOB, &[]).await.error, None);
        assert_eq!(slot.ready().await.starts, 1);
    }
    browsers.sort_unstable();
    browsers.dedup();
    assert_eq!(browsers.len(), 3);
    slot.end().await;
}
