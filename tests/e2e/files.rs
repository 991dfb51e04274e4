//! The files of jobs: in, out, and what becomes of them when somebody dies.

use std::path::Path;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use testkit::ports;
use testkit::processes::{Process, Program};
use testkit::site::Site;
use tests::client::Client;
use tests::s3::files_below;
use tests::stack::Stack;
use tests::up;

fn program(port: u16, folder: &Path) -> Program {
    up::program(port, folder).env("FILES_SWEEP_INTERVAL", "200ms").env("MAX_FILES_BYTES", 100_000)
}

async fn started(folder: &Path) -> (Process, Client) {
    let port = ports::free();
    up::started(program(port, folder), port).await
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = tokio::time::Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(tokio::time::Instant::now() < end, "{what} within 20 s");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_go_in_and_come_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut process, client) = started(folder.path()).await;
    let code = "results.in = (await files.read('in.csv')).toString();
                await files.write('out/a b.html', '<script>1</script>');
                await files.write('copy.csv', await files.read('in.csv'));";
    let first = client.run(json!({"code": code, "files": {"/in.csv": {"text": "1,2"}}})).await;
    assert_eq!((first.error.as_str(), &first.results.as_ref().expect("results")["in"]), ("", &json!("1,2")));
    let names = |files: &Option<Vec<job_model::JobFile>>| -> Vec<String> {
        files.iter().flatten().map(|file| file.name.to_string()).collect()
    };
    // What came with the job and was not changed is not among what the job left.
    assert_eq!(names(&first.files), ["copy.csv", "out/a b.html"]);
    assert_eq!(names(&first.input_files), ["in.csv"]);

    let path = format!("/jobs/{}/files", first.uuid);
    let get = async |path: String| client.send(Method::GET, &path, None).await;
    let listed: Value = get(path.clone()).await.json().await.expect("a list");
    assert_eq!((&listed["data"][0]["bytes"], &listed["data"][1]["name"]), (&json!(3), &json!("out/a b.html")));
    assert_eq!(get(format!("{path}/in.csv")).await.text().await.expect("what came with the job"), "1,2");
    let page = get(format!("{path}/out/a%20b.html")).await;
    let header = |name: &str| page.headers()[name].to_str().expect("text").to_owned();
    assert_eq!((page.status().as_u16(), header("content-type")), (200, "text/html; charset=utf-8".to_owned()));
    assert_eq!(header("content-disposition"), "attachment; filename*=UTF-8''a%20b.html");
    assert_eq!((header("x-content-type-options"), header("content-length")), ("nosniff".to_owned(), "18".to_owned()));
    assert!(header("content-security-policy").contains("sandbox"));
    assert_eq!(page.text().await.expect("the file"), "<script>1</script>");
    let part = client.request(Method::GET, &format!("{path}/copy.csv")).header("range", "bytes=2-");
    let part = part.send().await.expect("an answer");
    assert_eq!((part.status().as_u16(), part.headers()["content-range"].to_str().ok()), (206, Some("bytes 2-2/3")));
    assert_eq!(part.text().await.expect("a part"), "2");
    assert_eq!(get(format!("{path}/none")).await.status(), 404);
    assert_eq!(get(format!("{path}/..%2f..%2fetc/passwd")).await.status(), 404);
    let zip = get(format!("{path}.zip")).await;
    assert_eq!(zip.headers()["content-type"], "application/zip");
    assert!(zip.bytes().await.expect("an archive").starts_with(b"PK"));

    let code = "results.in = (await files.read('in.csv')).toString(); await files.write('in.csv', '3,4')";
    let of_another = json!({"code": code, "files": {"in.csv": {"job": first.uuid, "name": "in.csv"}}});
    let second = client.run(of_another).await;
    assert_eq!(
        (names(&second.files), &second.results.as_ref().expect("results")["in"]),
        (vec!["in.csv".into()], &json!("1,2"))
    );
    let changed = get(format!("/jobs/{}/files/in.csv", second.uuid)).await;
    assert_eq!(changed.text().await.expect("what the job left"), "3,4");
    let rerun = client.send(Method::POST, &format!("/jobs/{}/rerun?wait=30", second.uuid), None).await;
    let rerun: Value = rerun.json().await.expect("a job");
    assert_eq!(rerun["data"]["results"]["in"], "1,2", "{rerun}");
    for (files, reason) in [
        (json!({"../x": {"text": ""}}), "leads out of the job's folder"),
        (json!({"x": {"base64": "?"}}), "is not base64"),
        (json!({"x": {"job": first.uuid, "name": "none"}}), "has no file none"),
        (json!({"x": {"job": "none"}}), "which is not there"),
        (json!({"x": {"txt": ""}}), "unknown field `txt`"),
        (json!({"x": {}}), "must have one of"),
    ] {
        let refused = client.send(Method::POST, "/jobs", Some(json!({"files": files}))).await;
        let (status, text) = (refused.status().as_u16(), refused.text().await.expect("a text"));
        assert!(status == 400 && text.contains(reason), "{status} {text}");
    }

    // All is gone with the jobs, refused ones left nothing.
    for uuid in [first.uuid.as_str(), second.uuid.as_str(), rerun["data"]["uuid"].as_str().expect("an id")] {
        assert_eq!(client.send(Method::DELETE, &format!("/jobs/{uuid}"), None).await.status(), 204);
    }
    let store = folder.path().join("data/files");
    until("the files of deleted jobs go", || files_below(&store) == 0).await;
    process.terminate();
    assert!(process.wait(Duration::from_secs(30)).await.success(), "{}", process.stderr());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_buffers_of_results_become_files_of_jobs_that_say_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_process, client) = started(folder.path()).await;
    let code = "results.large = Buffer.alloc(300000, 'x')";
    for job in [json!({"code": code, "files": "auto"}), json!({"code": code, "api": "25"})] {
        let done = client.run(job).await;
        assert_eq!(done.results.expect("results")["large"], json!({"file": "large.bin", "bytes": 300_000}));
        let file = client.send(Method::GET, &format!("/jobs/{}/files/large.bin", done.uuid), None).await;
        assert_eq!(file.bytes().await.expect("the file"), vec![b'x'; 300_000]);
        let rerun = client.send(Method::POST, &format!("/jobs/{}/rerun?wait=30", done.uuid), None).await;
        let rerun: Value = rerun.json().await.expect("a job");
        assert_eq!(rerun["data"]["results"]["large"]["file"], "large.bin", "{rerun}");
        assert_eq!(rerun["data"].get("result_files").is_some(), done.result_files.is_some());
    }
    let done = client.run(json!({ "code": code })).await;
    assert_eq!((done.files, &done.results.expect("results")["large"]["type"]), (None, &json!("Buffer")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_brings_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let (process, client) = started(folder.path()).await;
    let post = async |parts: Vec<(&str, Option<&str>, Vec<u8>)>| {
        let mut body = Vec::new();
        for (name, file_name, content) in parts {
            let file_name = file_name.map(|name| format!("; filename=\"{name}\"")).unwrap_or_default();
            let head = format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"{file_name}\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(&content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--XX--\r\n");
        let request = client.request(Method::POST, "/jobs?wait=30");
        let request = request.header("content-type", "multipart/form-data; boundary=XX").body(body);
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("a text"))
    };
    let job = br#"{"code": "results.list = await files.list()"}"#.to_vec();
    let large = vec![7; 90_000];
    let parts = vec![
        ("job", None, job.clone()),
        ("in.bin", Some("ignored.bin"), large.clone()),
        ("file", Some("photo.png"), b"x".to_vec()),
    ];
    let (status, text) = post(parts).await;
    let answer: Value = serde_json::from_str(&text).expect("a job");
    let list = json!([{"name": "in.bin", "bytes": 90_000}, {"name": "photo.png", "bytes": 1}]);
    assert_eq!((status, &answer["data"]["results"]["list"]), (201, &list), "{text}");
    for (parts, wanted, reason) in [
        (vec![("in", None, b"x".to_vec()), ("job", None, job.clone())], 400, "first part must be job"),
        (vec![("job", None, job.clone()), ("../x", None, b"x".to_vec())], 400, "leads out of the job's folder"),
        (vec![("job", None, job.clone()), ("x", None, large.clone()), ("y", None, large)], 413, "MAX_FILES_BYTES"),
        (vec![("job", None, job.clone()), ("x", None, vec![]), ("x", None, vec![])], 400, "two files x"),
    ] {
        let (status, text) = post(parts).await;
        assert!(status == wanted && text.contains(reason), "{status} {text}");
    }
    let uuid = answer["data"]["uuid"].as_str().expect("an id");
    assert_eq!(client.send(Method::DELETE, &format!("/jobs/{uuid}"), None).await.status(), 204);
    until("nothing is left", || files_below(&folder.path().join("data/files")) == 0).await;
    drop(process);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_away_holds_the_result_back_and_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_process, client) = started(folder.path()).await;
    let store = folder.path().join("data/files");
    let site = Site::start();
    let code = format!("await page.goto('{}'); await files.write('a', 'x')", site.url("/slow?ms=1000"));
    let job = client.create(json!({ "code": code })).await;
    site.wait_for_request("/slow").await;
    // A file in the place of the folder: nothing can be stored.
    std::fs::rename(&store, folder.path().join("away")).expect("the store goes away");
    std::fs::write(&store, "").expect("nothing in its place");
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_ne!(client.get(job.uuid.as_str()).await.status, job_model::JobStatus::Done);
    std::fs::remove_file(&store).expect("it comes back");
    std::fs::rename(folder.path().join("away"), &store).expect("it comes back");
    let job = client.wait_done(job.uuid.as_str(), Duration::from_secs(60)).await;
    assert_eq!((job.error.as_str(), job.files.expect("files").len(), job.attempt), ("", 1, Some(1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_dies_every_job_has_its_whole_set_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let address = format!("file://{}", folder.path().join("files").display());
    let site = Site::start();
    let mut stack = Stack::start(0).await;
    let env = [("FILES_URL", address.as_str()), ("FILES_SWEEP_INTERVAL", "300ms")];
    let client = stack.add_gateway(&env).await.client();
    stack.add_executor(&[("FILES_URL", address.as_str())]);
    let code = "for (const name of ['a', 'b', 'c']) await files.write(name, name + vars.number);
                await page.goto(vars.url);
                await files.write('d', 'd')";
    let mut jobs = Vec::new();
    for number in 0..12 {
        let vars = json!({"number": number.to_string(), "url": site.url("/slow?ms=300")});
        jobs.push(client.create(json!({"code": code, "vars": vars})).await);
    }
    for _ in 0..3 {
        site.wait_for_request("/slow").await;
        tokio::time::sleep(Duration::from_millis(400)).await;
        stack.executors.last_mut().expect("an executor").kill();
        stack.add_executor(&[("FILES_URL", address.as_str())]);
    }
    for (number, job) in jobs.iter().enumerate() {
        let done = client.wait_done(job.uuid.as_str(), Duration::from_secs(120)).await;
        assert_eq!(done.error, "", "job {number}");
        let names: Vec<String> = done.files.iter().flatten().map(|file| file.name.to_string()).collect();
        assert_eq!(names, ["a", "b", "c", "d"], "job {number}");
        for name in ["a", "b", "c"] {
            let file = client.send(Method::GET, &format!("/jobs/{}/files/{name}", job.uuid), None).await;
            assert_eq!(file.text().await.expect("a file"), format!("{name}{number}"));
        }
    }
    until("sets that lost go", || files_below(&folder.path().join("files")) == 4 * jobs.len()).await;
    stack.stop().await;
}

/// The most memory that a process has had, in MiB.
fn peak_memory(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("the process lives");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") >> 10
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gibibyte_passes_in_pieces() {
    const PIECE: usize = 1 << 20;
    const PIECES: usize = 1 << 10;
    let folder = tempfile::tempdir().expect("a folder");
    let port = ports::free();
    let program = program(port, folder.path()).env("JOB_FILES_BYTES", 2_u64 << 30).env("MAX_FILES_BYTES", 2_u64 << 30);
    let (process, client) = up::started(program, port).await;
    let site = Site::start();
    site.route("/large", |_| {
        let pieces = (0..PIECES).map(|_| Ok::<_, std::io::Error>(vec![7_u8; PIECE]));
        let attachment = [("content-disposition", "attachment; filename=large.bin")];
        (attachment, axum::body::Body::from_stream(futures::stream::iter(pieces)))
    });
    // Everything is warm.
    client
        .run(json!({"code": "await page.goto(vars.url); await files.write('a', 'x')", "vars": {"url": site.origin()}}))
        .await;
    let before = peak_memory(process.id());
    // The bytes stay outside of the script, which only waits for the file.
    let code = "await page.goto(vars.url);
                await page.evaluate(() => { location.href = '/large'; });
                while (!(await files.list()).some(({ name }) => name === 'large.bin')) await sleep(100);";
    let job = client.create(json!({"code": code, "vars": {"url": site.origin()}})).await;
    let job = client.wait_done(job.uuid.as_str(), Duration::from_secs(240)).await;
    let file = &job.files.as_ref().expect("a file")[0];
    assert_eq!((job.error.as_str(), file.bytes), ("", 1 << 30));
    let path = format!("/jobs/{}/files/large.bin", job.uuid);
    let mut answer = client.send(Method::GET, &path, None).await;
    let mut bytes = 0;
    while let Some(piece) = answer.chunk().await.expect("a piece") {
        assert_eq!(piece.first(), Some(&7));
        bytes += piece.len();
    }
    assert_eq!(bytes, PIECE * PIECES);
    let more = peak_memory(process.id()) - before;
    assert!(more < 64, "{more} MiB more than the {before} MiB of before, on its way out");
    assert_eq!(client.send(Method::DELETE, &format!("/jobs/{}", job.uuid), None).await.status(), 204);

    // The same comes in: from the client through the gateway into the store, and from there into a job's folder.
    let head = "--XX\r\nContent-Disposition: form-data; name=\"job\"\r\n\r\n\
                {\"code\": \"results.list = await files.list()\"}\r\n\
                --XX\r\nContent-Disposition: form-data; name=\"in.bin\"\r\n\r\n";
    let pieces = (0..PIECES).map(|_| vec![7_u8; PIECE]);
    let body = std::iter::once(head.into()).chain(pieces).chain([b"\r\n--XX--\r\n".to_vec()]);
    let body = reqwest::Body::wrap_stream(futures::stream::iter(body.map(Ok::<_, std::io::Error>)));
    let request = client.request(Method::POST, "/jobs").timeout(Duration::from_secs(240));
    let answer = request.header("content-type", "multipart/form-data; boundary=XX").body(body).send().await;
    let answer: Value = answer.expect("an answer").json().await.expect("a job");
    let uuid = answer["data"]["uuid"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
    let job = client.wait_done(&uuid, Duration::from_secs(240)).await;
    assert_eq!(job.results.expect("results")["list"], json!([{"name": "in.bin", "bytes": 1 << 30}]));
    assert_eq!((job.files, job.input_files.expect("a file")[0].bytes), (None, 1 << 30));
    let more = peak_memory(process.id()) - before;
    assert!(more < 64, "{more} MiB more than the {before} MiB of before, on its way in");
    assert_eq!(client.send(Method::DELETE, &format!("/jobs/{uuid}"), None).await.status(), 204);
}
