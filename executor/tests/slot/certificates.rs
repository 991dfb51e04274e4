//! Web sites whose certificates nobody has signed.

use job_model::Level;
use testkit::site::Site;
use testkit::tls_terminator::TlsTerminator;

use crate::test_slot::TestSlot;

fn warnings(result: &job_model::JobResult) -> Vec<&str> {
    let lines = result.logs.iter().filter(|line| line.level == Level::Warn);
    lines.map(|line| line.message.as_str()).collect()
}

#[tokio::test]
async fn they_are_accepted_with_one_line_for_each_host_in_the_log_of_each_job() {
    let site = Site::start();
    site.page("/a", "<title>a</title><img src=/b>");
    let tls = TlsTerminator::start("127.0.0.1", site.port());
    let mut slot = TestSlot::start(&[]).await;
    let vars = [("port", tls.port.to_string())];
    let code =
        "for (const host of ['localhost', '127.0.0.1', 'localhost']) await page.goto(`https://${host}:${vars.port}/a`);
                results.title = await page.title()";
    for _ in 0..2 {
        let result = slot.run(code, &vars).await;
        assert_eq!((result.error.as_deref(), &result.results["title"]), (None, &"a".into()));
        let line = |host: &str| format!("The certificate of {host} is not valid and is accepted (IGNORE_HTTPS_ERRORS)");
        assert_eq!(warnings(&result), [line("localhost"), line("127.0.0.1")]);
        slot.ready().await;
    }
    slot.end().await;
}

#[tokio::test]
async fn they_are_refused_when_the_operator_says_so() {
    let site = Site::start();
    site.page("/a", "<title>a</title>");
    let tls = TlsTerminator::start("127.0.0.1", site.port());
    let mut slot = TestSlot::start(&["--ignore-https-errors=false"]).await;
    let vars = [("port", tls.port.to_string()), ("url", site.url("/a"))];
    let result = slot.run("await page.goto(`https://localhost:${vars.port}/a`)", &vars).await;
    assert!(result.error.as_deref().unwrap().contains("net::ERR_CERT_AUTHORITY_INVALID"), "{:?}", result.error);
    slot.ready().await;
    let result = slot.run("await page.goto(vars.url)", &vars).await;
    assert_eq!((result.error.as_deref(), warnings(&result)), (None, Vec::new()));
    slot.end().await;
}

#[tokio::test]
async fn a_job_says_for_itself_whether_they_are_accepted() {
    let site = Site::start();
    site.page("/a", "<title>a</title>");
    let tls = TlsTerminator::start("127.0.0.1", site.port());
    let vars = [("port", tls.port.to_string())];
    for operator in ["true", "false"] {
        let mut slot = TestSlot::start(&[&format!("--ignore-https-errors={operator}")]).await;
        for job in [Some(true), Some(false), None, Some(false), Some(true), None] {
            slot.ignore_https_errors = job;
            let result = slot.run("await page.goto(`https://localhost:${vars.port}/a`)", &vars).await;
            let accepted = job.map_or(operator.to_owned(), |job| job.to_string()) == "true";
            assert_eq!(result.error.is_none(), accepted, "{operator} {job:?} {:?}", result.error);
            slot.ready().await;
        }
        slot.end().await;
    }
}
