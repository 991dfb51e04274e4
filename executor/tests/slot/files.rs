//! What a job keeps in its folder: by `path` options, the global `files` and downloads.

use serde_json::json;
use testkit::site::Site;

use crate::test_slot::TestSlot;

/// Runs one job that must succeed; its results, and the names of the files that it left.
async fn left_by(slot: &mut TestSlot, code: &str, site: &Site) -> (serde_json::Value, Vec<String>) {
    let (result, files) = slot.run_with_files(code, &[("site", site.origin())]).await;
    assert_eq!(result.error, None, "{code}\n{:#?}", result.logs);
    let names = files.folder().map(|folder| folder.files().expect("the files")).unwrap_or_default();
    slot.ready().await;
    (serde_json::Value::Object(result.results), names.into_iter().map(|entry| entry.name.to_string()).collect())
}

#[tokio::test]
async fn paths_are_the_jobs_own_files() {
    let (site, mut slot) = (Site::start(), TestSlot::start(&[]).await);
    let code = "
        await page.goto(vars.site + '/form.html');
        await page.screenshot({ path: '/tmp/shot.png' });
        await page.pdf({ path: 'page.pdf' });
        await page.tracing.start({ path: 'out/trace.json' });
        await page.tracing.stop();
        await files.write('in.txt', 'hello');
        await files.write('add.js', 'window.added = 7');
        await files.write('add.css', 'body { color: rgb(1, 2, 3) }');
        await page.addScriptTag({ path: 'add.js' });
        await page.addStyleTag({ path: './add.css' });
        results.added = await page.evaluate(() => [window.added, getComputedStyle(document.body).color]);
        await (await page.$('#upload')).uploadFile('in.txt');
        results.uploaded = await page.$eval('#upload', (input) => input.files[0].text());
        const [chooser] = await Promise.all([page.waitForFileChooser(), page.click('#upload')]);
        await chooser.accept(['/in.txt']);
        results.chosen = await page.$eval('#upload', (input) => input.files[0].name);
        await (await page.$('#upload')).uploadFile('/etc/none');
        results.missing = await page.$eval('#upload', async ({ files: [file] }) => [file.name, await file.text().catch((error) => error.name)]);
        results.png = (await files.read('tmp/shot.png')).slice(1, 4).toString();
        results.list = (await files.list()).map(({ name, bytes }) => name + (bytes > 0));
        const failed = (call) => call.then(() => 'fine', (error) => error.message);
        results.failed = [
            await failed(page.screenshot({ path: '../x.png' })),
            await failed(files.write('..', '')),
            await failed(files.read('none')),
            await failed((await page.$('#upload')).uploadFile('out')),
        ];";
    let (results, names) = left_by(&mut slot, code, &site).await;
    let whole = ["add.css", "add.js", "in.txt", "out/trace.json", "page.pdf", "tmp/shot.png"];
    assert_eq!(names, whole);
    assert_eq!(results["added"], json!([7, "rgb(1, 2, 3)"]));
    assert_eq!((&results["uploaded"], &results["chosen"]), (&json!("hello"), &json!("in.txt")));
    assert_eq!(results["missing"], json!(["none", "NotFoundError"]));
    assert_eq!(results["png"], "PNG");
    assert_eq!(results["list"], json!(whole.map(|name| format!("{name}true"))));
    let outside = |name: &str| format!("the file name \"{name}\" is not allowed: it leads out of the job's folder");
    assert_eq!(
        results["failed"],
        json!([
            outside("../x.png"),
            outside(".."),
            "ENOENT: no such file or directory, open 'none'",
            "EISDIR: illegal operation on a directory, open 'out'"
        ])
    );
    // The next job finds none of them, and may call what it likes `files`.
    let code = "results.left = await files.list(); { const files = 5; results.own = files; }";
    assert_eq!(left_by(&mut slot, code, &site).await, (json!({"left": [], "own": 5}), vec![]));
    slot.end().await;
}

#[tokio::test]
async fn downloads_become_files() {
    let (site, mut slot) = (Site::start(), TestSlot::start(&[]).await);
    let code = "
        await page.goto(vars.site + '/form.html');
        const click = (link) => page.evaluate((link) => Object.assign(document.createElement('a'), link).click(), link);
        const first = await files.download(() => click({ href: '/download', download: '' }));
        results.first = [first.name, first.bytes.length > 0];
        results.second = (await files.download(() => click({ href: '/download' }))).name;
        results.data = (await files.download(() => click({ href: 'data:text/csv,1', download: '../../a,b.csv' }))).name;
        const client = await page.target().createCDPSession();
        await client.send('Page.setDownloadBehavior', { behavior: 'allow', downloadPath: '/tmp/dl' });
        results.named = (await files.download(() => click({ href: '/download' }))).name;
        const failed = await files.download(() => {}, { timeout: 50 }).catch((error) => [error.name, error.message]);
        results.failed = failed;
        results.thrown = await files.download(() => { throw new Error('own') }).catch((error) => error.message);";
    let (results, names) = left_by(&mut slot, code, &site).await;
    assert_eq!(results["first"], json!(["report.bin", true]));
    assert_eq!((&results["second"], &results["named"]), (&json!("report (1).bin"), &json!("tmp/dl/report.bin")));
    assert_eq!(results["failed"], json!(["TimeoutError", "no download was complete within 50 ms"]));
    assert_eq!(results["thrown"], "own");
    assert_eq!(names.len(), 4, "{names:?}");
    assert!(names.iter().all(|name| name.split('/').all(|part| part != "..")), "{names:?}");
    slot.end().await;
}

#[tokio::test]
async fn a_job_keeps_within_its_quota() {
    let (site, mut slot) = (Site::start(), TestSlot::start(&["--job-files-bytes=2000", "--job-files=3"]).await);
    let code = "
        const failed = (call) => call.then(() => 'fine', (error) => error.message);
        results.large = await failed(files.write('a', 'x'.repeat(2001)));
        await files.write('a', 'x'.repeat(1900));
        await page.goto(vars.site);
        results.shot = await failed(page.screenshot({ path: 'b.png' }));
        results.download = await failed(files.download(() => page.evaluate(() =>
            Object.assign(document.createElement('a'), { href: 'data:,' + 'x'.repeat(500), download: 'd' }).click())));
        for (const name of ['b', 'c']) await files.write(name, '');
        results.many = await failed(files.write('d', ''));";
    let (results, names) = left_by(&mut slot, code, &site).await;
    assert_eq!(names, ["a", "b", "c"]);
    let bytes = "Limit of 2000 bytes of files (JOB_FILES_BYTES) exceeded";
    assert_eq!((&results["large"], &results["shot"]), (&json!(bytes), &json!(bytes)));
    assert!(results["download"].as_str().unwrap_or_default().ends_with(bytes), "{results}");
    assert_eq!(results["many"], "Limit of 3 files (JOB_FILES) exceeded");
    slot.end().await;
}
