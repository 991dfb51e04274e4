//! Files of scripts, schedules and batches: stored once, a copy for each job, and gone with what had them.

use std::path::Path;
use std::time::{Duration, SystemTime};

use futures::TryStreamExt;
use gateway::Settings;
use job_files::{FileSet, JobFiles, SetKey, TemplateKey};
use job_model::{FileName, FileSetId, InstanceId, Job, JobId};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::running::{Backend, Running, answer, api_only, on_every_backend, result, settings, within};
use crate::sweeping::take_job;

on_every_backend!(a_schedule_gives_its_files_and_its_scripts_to_each_job, files_that_nothing_names_are_swept);

struct Files {
    folder: tempfile::TempDir,
    store: JobFiles,
}

/// A store of files for a backend.
fn files(backend: &mut Backend) -> Files {
    let folder = tempfile::tempdir().unwrap();
    let store = JobFiles::in_folder(folder.path()).unwrap();
    backend.parts.files = Some(store.clone());
    Files { folder, store }
}

impl Files {
    async fn of_templates(&self) -> Vec<TemplateKey> {
        let found: Vec<_> = self.store.template_sets().try_collect::<Vec<_>>().await.unwrap().concat();
        found.into_iter().map(|found| found.key).collect()
    }

    async fn of_jobs(&self) -> Vec<SetKey> {
        let found: Vec<_> = self.store.sets().try_collect::<Vec<_>>().await.unwrap().concat();
        found.into_iter().map(|found| found.key).collect()
    }

    /// What came with a job, by name.
    async fn input(&self, job: &Job) -> Vec<(String, String)> {
        let set = SetKey::of(job, FileSetId::input());
        let mut input = Vec::new();
        for (place, file) in job.input_files.iter().flatten().enumerate() {
            let pieces: Vec<_> =
                self.store.get(&set, place, file, None).await.unwrap().stream.try_collect().await.unwrap();
            input.push((file.name.to_string(), String::from_utf8(pieces.concat()).unwrap()));
        }
        input.sort();
        input
    }
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

async fn put(gateway: &Running, path: &str, body: Value) -> (StatusCode, Value) {
    answer(gateway.request(Method::PUT, path).json(&body)).await
}

async fn made(backend: &Backend, job: &Value) -> Job {
    let id = JobId::parse(job["uuid"].as_str().unwrap_or_else(|| panic!("{job}"))).unwrap();
    backend.parts.store.get(&id).await.unwrap().value
}

fn names(shown: &Value) -> Vec<&str> {
    shown["input_files"].as_array().into_iter().flatten().map(|file| file["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_script_keeps_files_by_version_and_each_job_gets_them_beside_its_own() {
    let mut backend = Backend::embedded();
    let files = files(&mut backend);
    let gateway = Running::start(&backend.parts, api_only()).await;
    let script = json!({"code": "1", "files": {"a.txt": {"text": "one"}, "b.bin": {"base64": "dHdv"}}});
    let (status, first) = put(&gateway, "/scripts/s", script).await;
    assert_eq!((status, names(&first["data"])), (StatusCode::CREATED, vec!["a.txt", "b.bin"]), "{first}");
    assert_eq!(first["data"]["job"].get("files"), None);
    let again = json!({"code": "2", "files": {"b.bin": {"keep": true}, "c.txt": {"text": "three"}}});
    let (_, second) = put(&gateway, "/scripts/s", again).await;
    assert_eq!(names(&second["data"]), ["b.bin", "c.txt"], "{second}");

    let own = json!({"files": {"a.txt": {"text": "own"}}});
    let (status, job) = gateway.post("/scripts/s/jobs?version=1", &own).await;
    assert_eq!(status, StatusCode::CREATED, "{job}");
    let of_first = made(&backend, &job["data"]).await;
    assert_eq!(files.input(&of_first).await, pairs(&[("a.txt", "own"), ("b.bin", "two")]));
    let (_, job) = gateway.post("/scripts/s/jobs", &json!({})).await;
    let of_second = made(&backend, &job["data"]).await;
    assert_eq!(files.input(&of_second).await, pairs(&[("b.bin", "two"), ("c.txt", "three")]));
    let (_, job) = gateway.post(&format!("/jobs/{}/rerun", of_second.uuid), &json!({})).await;
    assert_eq!(files.input(&made(&backend, &job["data"]).await).await.len(), 2);

    for (body, named) in [
        (json!({"files": {"x": {"keep": true}}}), "the file x is to be kept, but there is none"),
        (json!({"files": {"x": {"txt": "a"}}}), "files: unknown field `txt`"),
        (json!({"files": {"x": {"job": "nobody"}}}), "the file x is of job nobody, which is not there"),
        (json!({"files": {"../x": {"text": "a"}}}), "files: "),
    ] {
        let (status, refused) = put(&gateway, "/scripts/s", body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{refused}");
        assert!(refused["message"].as_str().unwrap().contains(named), "{refused}");
    }
    assert_eq!(gateway.get("/scripts/s").await.1["data"]["latest"], 2);
    assert_eq!(files.of_templates().await.len(), 2, "what was refused leaves nothing");

    assert_eq!(answer(gateway.request(Method::DELETE, "/scripts/s")).await.0, StatusCode::NO_CONTENT);
    assert_eq!(files.of_templates().await, []);
    assert_eq!(files.input(&of_first).await.len(), 2, "a job keeps what it was given");
    gateway.stop().await;
}

#[tokio::test]
async fn files_need_a_store_of_files() {
    let backend = Backend::embedded();
    let gateway = Running::start(&backend.parts, api_only()).await;
    let body = json!({"code": "1", "files": {"a.txt": {"text": "one"}}});
    for (path, body) in [("/scripts/s", body.clone()), ("/schedules/s", json!({"cron": "@daily", "job": body}))] {
        let (status, refused) = put(&gateway, path, body).await;
        assert_eq!(status, StatusCode::NOT_IMPLEMENTED, "{refused}");
    }
    let (status, refused) = answer(gateway.request(Method::POST, "/batches").body(body.to_string())).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
    assert!(refused["message"].as_str().unwrap().contains("row 0: files need a store of files"), "{refused}");
    gateway.stop().await;
}

async fn a_schedule_gives_its_files_and_its_scripts_to_each_job(mut backend: Backend) {
    let files = files(&mut backend);
    let gateway = Running::start(&backend.parts, settings()).await;
    put(
        &gateway,
        "/scripts/s",
        json!({"code": "1", "files": {"a.txt": {"text": "script"}, "b.txt": {"text": "script"}}}),
    )
    .await;
    let wish = json!({"cron": "@every 1s", "script": "s", "job": {"files": {"b.txt": {"text": "schedule"}}}});
    let (status, made) = put(&gateway, "/schedules/tick", wish).await;
    assert_eq!((status, names(&made["data"])), (StatusCode::CREATED, vec!["b.txt"]), "{made}");
    let job = take_job(&backend).await;
    assert_eq!(files.input(&job).await, pairs(&[("a.txt", "script"), ("b.txt", "schedule")]));
    gateway.post("/schedules/tick/pause", &json!({})).await;
    // What it had goes when it is written anew, and with it.
    let wish = json!({"cron": "@every 1s", "paused": true, "job": {"code": "", "files": {"b.txt": {"keep": true}}}});
    let (_, made) = put(&gateway, "/schedules/tick", wish).await;
    assert_eq!(names(&made["data"]), ["b.txt"], "{made}");
    assert_eq!(files.of_templates().await.len(), 2, "one of the script, one of the schedule");
    for path in ["/schedules/tick", "/scripts/s"] {
        assert_eq!(answer(gateway.request(Method::DELETE, path)).await.0, StatusCode::NO_CONTENT);
    }
    assert_eq!(files.of_templates().await, []);
    assert_eq!(files.input(&job).await.len(), 2);
    gateway.stop().await;
}

#[tokio::test]
async fn rows_of_a_batch_have_files_of_their_own_and_those_of_the_batch() {
    let mut backend = Backend::embedded();
    let files = files(&mut backend);
    let gateway = Running::start(&backend.parts, settings()).await;
    let head = json!({"batch": {"uuid": "b", "job": {"code": "1", "files": {"all.txt": {"text": "shared"}}}}});
    let rows =
        [json!({"files": {"own.txt": {"text": "first"}}}), json!({}), json!({"files": {"all.txt": {"text": "mine"}}})];
    let body = std::iter::once(&head).chain(&rows).map(|row| format!("{row}\n")).collect::<String>();
    for _ in 0..2 {
        // As an incomplete one first, whose rows are sent again: no job has its files twice, and none lost them.
        let cut = format!("{body}{{\"files\": {{\"x\": {{}}}}}}");
        let (status, told) = answer(gateway.request(Method::POST, "/batches").body(cut)).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
        assert!(told["message"].as_str().unwrap().starts_with("row 3: the file x must have"), "{told}");
    }
    let (status, told) = answer(gateway.request(Method::POST, "/batches").body(body)).await;
    assert_eq!(status, StatusCode::CREATED, "{told}");
    let expected: [&[(&str, &str)]; 3] =
        [&[("all.txt", "shared"), ("own.txt", "first")], &[("all.txt", "shared")], &[("all.txt", "mine")]];
    let mut jobs = Vec::new();
    for (row, expected) in expected.into_iter().enumerate() {
        let job = made(&backend, &json!({"uuid": format!("b-{row:05}")})).await;
        assert_eq!(files.input(&job).await, pairs(expected));
        jobs.push(job);
    }
    assert_eq!(files.of_templates().await, [], "a batch that is taken in needs them no more");
    assert_eq!(files.of_jobs().await.len(), 3, "rows that were sent again left nothing");

    for job in &jobs {
        let mut failed = result(&job.uuid);
        failed["error"] = json!("boom");
        gateway.send_result(failed.to_string()).await;
    }
    let batch = || async { gateway.get("/batches/b").await.1["data"]["finished_at"].is_string() };
    within(async {
        while !batch().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    let (_, again) = gateway.post("/batches/b/rerun", &json!({})).await;
    let again = again["data"]["uuid"].as_str().unwrap().to_owned();
    let first = within(async {
        let id = JobId::parse(format!("{again}-00000")).unwrap();
        loop {
            if let Ok(job) = backend.parts.store.get(&id).await {
                return job.value;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    assert_eq!(files.input(&first).await, pairs(expected[0]), "a rerun has the files of its job");
    gateway.stop().await;
}

/// As a set that was left long ago.
fn make_old(folder: &Path, key: &TemplateKey) {
    let old = SystemTime::now() - Duration::from_secs(7200);
    let set = folder.join(key.components().iter().collect::<std::path::PathBuf>());
    for file in std::fs::read_dir(set).unwrap() {
        std::fs::File::options().write(true).open(file.unwrap().path()).unwrap().set_modified(old).unwrap();
    }
}

async fn files_that_nothing_names_are_swept(mut backend: Backend) {
    let files = files(&mut backend);
    let gateway = Running::start(&backend.parts, api_only()).await;
    let with_file = |code: &str| json!({"code": code, "files": {"a.txt": {"text": "one"}}});
    for code in ["1", "2"] {
        put(&gateway, "/scripts/s", with_file(code)).await;
    }
    put(&gateway, "/schedules/s", json!({"cron": "@daily", "job": with_file("1")})).await;
    gateway.stop().await;
    let kept = files.of_templates().await;
    assert_eq!(kept.len(), 3);
    let mut lost = Vec::new();
    for (kind, name) in [("script", "s"), ("script", "gone"), ("schedule", "s"), ("batch", "gone")] {
        let key = TemplateKey { kind: kind.to_owned(), name: name.to_owned(), set: InstanceId::fresh() };
        files.store.put(&key, 0, &FileName::parse("a.txt").unwrap(), &b"a"[..]).await.unwrap();
        lost.push(key);
    }
    let young = TemplateKey { set: InstanceId::fresh(), ..lost[0].clone() };
    let unknown = TemplateKey { kind: "of-a-newer-version".to_owned(), ..young.clone() };
    for key in [&young, &unknown] {
        files.store.put(key, 0, &FileName::parse("a.txt").unwrap(), &b"a"[..]).await.unwrap();
    }
    kept.iter().chain(&lost).chain([&unknown]).for_each(|key| make_old(files.folder.path(), key));

    let settings = Settings { files_sweep_interval: Duration::from_millis(50), ..settings() };
    let gateway = Running::start(&backend.parts, settings).await;
    within(async {
        while files.of_templates().await.iter().any(|key| lost.contains(key)) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    gateway.stop().await;
    let left = files.of_templates().await;
    assert!(kept.iter().chain([&young, &unknown]).all(|key| left.contains(key)) && left.len() == 5, "{left:?}");
}
