//! Jobs whose documents have several leaves, as a cut cluster or a replication makes them.

use super::*;

/// Revisions that no server makes, in CouchDB's order.
fn revision(generation: u32, letter: char) -> String {
    format!("{generation}-{}", letter.to_string().repeat(32))
}

impl Fixture {
    /// Brings a line of revisions as a replication does; the oldest is the first.
    async fn replicate(&self, line: &[String], mut document: Value) {
        let ids: Vec<&str> = line.iter().rev().filter_map(|revision| revision.split_once('-')).map(|it| it.1).collect();
        document["_id"] = document["uuid"].clone();
        document["_rev"] = json!(line.last().unwrap());
        document["_revisions"] = json!({ "start": line.len(), "ids": ids });
        let body = json!({ "new_edits": false, "docs": [document] });
        let request = reqwest::Client::new().post(format!("{}/jobs-test/_bulk_docs", self.server.url())).json(&body);
        let request = request.basic_auth(&self.server.username, Some(&self.server.password));
        assert!(request.send().await.unwrap().status().is_success());
    }

    /// One job, done on one side and still queued on the other, whose line is the longer one: CouchDB shows it.
    async fn cut(&self, id: &str) {
        let created = predecessors(id, "2020-01-02T03:04:05Z");
        let first = revision(1, 'a');
        self.replicate(std::slice::from_ref(&first), created.clone()).await;
        let mut done = created.clone();
        (done["status"], done["results"]) = (json!("done"), json!({ "n": 1 }));
        self.replicate(&[first.clone(), revision(2, 'b')], done).await;
        let mut queued = created;
        queued["status"] = json!("queued");
        self.replicate(&[first, revision(2, 'c'), revision(3, 'a')], queued).await;
        assert_eq!(self.leaves(id).await, [revision(3, 'a'), revision(2, 'b')]);
    }

    /// The revisions of a document that are not deleted and have no later one, the shown one first.
    async fn leaves(&self, id: &str) -> Vec<String> {
        let document = self.read(&format!("{id}?conflicts=true")).await;
        let hidden = document["_conflicts"].as_array().cloned().unwrap_or_default();
        let revisions = std::iter::once(document["_rev"].clone()).chain(hidden);
        revisions.filter_map(|revision| revision.as_str().map(str::to_owned)).collect()
    }
}

#[tokio::test]
async fn a_deleted_job_does_not_come_back_by_another_leaf() {
    let fixture = Fixture::prepared().await;
    for id in ["one", "a", "b"] {
        fixture.cut(id).await;
    }
    fixture.store.create(job("usual", 0)).await.unwrap();
    let listed = fixture.store.list(EVERYTHING).await.unwrap().jobs;
    let mut rows: Vec<_> = listed.into_iter().map(|row| (row.value.uuid, row.revision)).collect();
    let one = rows.remove(rows.iter().position(|(id, _)| id.as_str() == "one").unwrap());
    fixture.store.delete(&one.0, &one.1).await.unwrap();
    for outcome in fixture.store.delete_many(rows).await {
        outcome.unwrap();
    }
    assert_eq!(fixture.store.list(EVERYTHING).await.unwrap().total, 0);
    for name in ["one", "a", "b", "usual"] {
        assert!(matches!(fixture.store.get(&id(name)).await, Err(StoreError::NotFound { .. })), "{name}");
        assert_eq!(fixture.leaves(name).await, [""; 0], "{name}");
        // The id is free, and the new job is not taken for a leaf that came to light.
        let new = fixture.store.create(job(name, 1)).await.unwrap();
        assert_eq!(fixture.store.get(&id(name)).await.unwrap(), new);
        fixture.store.delete(&id(name), &new.revision).await.unwrap();
    }
}

#[tokio::test]
async fn a_job_that_is_done_on_one_side_is_done() {
    let fixture = Fixture::prepared().await;
    let start = fixture.store.changes(None, 10).await.unwrap().position;
    fixture.cut("read").await;
    let stale = fixture.store.leftovers(LeftoverQuery {
        status: JobStatus::Queued,
        created_from: None,
        created_until: Timestamp::now(),
        after: None,
        limit: 9,
    });
    let mut stale = stale.await.unwrap().remove(0);
    let (shown, other) = (store(fixture.server.port, &fixture.server.password), &fixture.store);
    let read = id("read");
    // Several gateways that meet it at the same moment choose alike.
    for read in join_all([&shown, other, &shown, other].map(|store| store.get(&read))).await {
        let read = read.unwrap();
        assert_eq!((read.value.status, &read.revision.0), (JobStatus::Done, &revision(2, 'b')));
    }
    assert_eq!(fixture.leaves("read").await, [revision(2, 'b')]);
    // Whoever has read the other leaf is behind the fence.
    stale.value.error = "late".to_owned();
    assert!(matches!(fixture.store.replace(stale).await, Err(StoreError::Conflict { .. })));

    // Nobody has to read the job: what is written is followed.
    fixture.cut("followed").await;
    fixture.store.changes(Some(&start), 10).await.unwrap();
    let done = ListQuery { filter: JobFilter { status: Some(JobStatus::Done), ..JobFilter::ALL }, ..EVERYTHING };
    assert_eq!(ids(&fixture.store.list(done).await.unwrap().jobs), ["read", "followed"]);
    assert_eq!(fixture.leaves("followed").await.len(), 1);
}

#[tokio::test]
async fn a_leaf_that_is_not_a_job_is_not_deleted_and_not_in_the_way() {
    let fixture = Fixture::prepared().await;
    fixture.cut("mixed").await;
    fixture.replicate(&[revision(1, 'f')], json!({ "uuid": "mixed", "note": "ours" })).await;
    let shown = fixture.store.get(&id("mixed")).await.unwrap();
    assert_eq!((shown.value.status, shown.revision.0), (JobStatus::Queued, revision(3, 'a')));
    assert_eq!(fixture.leaves("mixed").await.len(), 3);
}

#[tokio::test]
async fn a_job_without_conflicts_is_read_and_deleted_with_as_few_requests_as_before() {
    let fixture = Fixture::prepared().await;
    let rows = fixture.store.create_many((0..20).map(|n| job(&format!("j{n}"), n)).collect()).await;
    let rows: Vec<_> = rows.into_iter().map(|row| row.map(|job| (job.value.uuid, job.revision)).unwrap()).collect();
    fixture.proxy.take();
    fixture.store.get(&id("j0")).await.unwrap();
    assert_eq!(fixture.proxy.take(), ["GET /jobs-test/j0?conflicts=true"]);
    fixture.store.delete_many(rows).await.into_iter().for_each(|row| row.unwrap());
    assert_eq!(fixture.proxy.take(), ["POST /jobs-test/_bulk_docs", "POST /jobs-test/_all_docs"]);
}
