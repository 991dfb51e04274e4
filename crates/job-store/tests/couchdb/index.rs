//! The design document: which versions of it are replaced, and what is read through it.

use super::*;

#[tokio::test]
async fn the_index_is_upgraded_when_its_text_changes_and_a_newer_one_stays() {
    let fixture = Fixture::prepared().await;
    fixture.store.create(job("j", 0)).await.unwrap();
    let wanted = fixture.read("_design/puppet-master").await;
    let mut old = wanted.clone();
    old["version"] = json!(0);
    old["views"] = json!({"jobs": {"map": "function (doc) {}"}});
    old["_rev"] = fixture.put("_design/puppet-master", old.clone()).await;
    fixture.store.prepare().await.unwrap();
    assert_eq!(fixture.read("_design/puppet-master").await["views"], wanted["views"]);
    assert_eq!(fixture.store.list(EVERYTHING).await.unwrap().total, 1);

    let mut newer = fixture.read("_design/puppet-master").await;
    newer["version"] = json!(1000);
    let rev = fixture.put("_design/puppet-master", newer).await;
    fixture.store.prepare().await.unwrap();
    assert_eq!(fixture.read("_design/puppet-master").await["_rev"], rev);
}

/// The design document of an older version, letter for letter.
fn older(version: u64) -> Value {
    let map = match version {
        1 => include_str!("index_of_version_1.js"),
        2 => include_str!("index_of_version_2.js"),
        3 => include_str!("index_of_version_3.js"),
        _ => include_str!("index_of_version_4.js"),
    };
    let views = json!({ "jobs": { "map": map.trim_end(), "reduce": "_count" } });
    json!({ "language": "javascript", "version": version, "views": views })
}

/// What a gateway of version 1 asks for, and what it reads of the answer.
async fn list_of_version_1(fixture: &Fixture, scope: &str) -> (u64, Vec<String>) {
    let url = format!("{}/jobs-test/_design/puppet-master/_view/jobs", fixture.server.url());
    let ask = async |query: &[(&str, String)]| -> Value {
        let request = reqwest::Client::new().get(&url).query(query);
        let request = request.basic_auth(&fixture.server.username, Some(&fixture.server.password));
        request.send().await.unwrap().json().await.unwrap()
    };
    let (start, end) = (json!([scope]).to_string(), json!([scope, {}]).to_string());
    let counts = ask(&[("group_level", "1".to_owned()), ("startkey", start.clone()), ("endkey", end.clone())]).await;
    let page = ask(&[
        ("descending", "true".to_owned()),
        ("startkey", end),
        ("endkey", start),
        ("reduce", "false".to_owned()),
        ("include_docs", "true".to_owned()),
        ("limit", "100".to_owned()),
    ])
    .await;
    let rows = page["rows"].as_array().unwrap().clone();
    let ids = rows.iter().map(|row| row["doc"]["uuid"].as_str().unwrap().to_owned()).collect();
    (counts["rows"][0]["value"].as_u64().unwrap_or(0), ids)
}

#[tokio::test]
async fn an_index_of_version_1_is_replaced_beside_a_gateway_that_goes_on_using_it() {
    an_older_index_is_replaced(1).await;
}

#[tokio::test]
async fn an_index_of_version_2_is_replaced_beside_a_gateway_that_goes_on_using_it() {
    an_older_index_is_replaced(2).await;
}

#[tokio::test]
async fn an_index_of_version_3_is_replaced_beside_a_gateway_that_goes_on_using_it() {
    an_older_index_is_replaced(3).await;
}

#[tokio::test]
async fn an_index_of_version_4_is_replaced_beside_a_gateway_that_goes_on_using_it() {
    an_older_index_is_replaced(4).await;
}

async fn an_older_index_is_replaced(version: u64) {
    let fixture = Fixture::scripted(|_, _, _| None).await;
    // The database as that version left it.
    let request = reqwest::Client::new().put(format!("{}/jobs-test", fixture.server.url()));
    request.basic_auth(&fixture.server.username, Some(&fixture.server.password)).send().await.unwrap();
    fixture.put("_design/puppet-master", older(version)).await;
    for n in 0..3 {
        fixture.put(&format!("j{n}"), predecessors(&format!("j{n}"), &format!("2020-01-02T03:04:0{n}Z"))).await;
    }
    let before = list_of_version_1(&fixture, "created").await;
    assert_eq!(before, (3, vec!["j2".to_owned(), "j1".to_owned(), "j0".to_owned()]));
    // A new gateway that is not prepared yet has a list, too.
    assert_eq!(ids(&fixture.store.list(EVERYTHING).await.unwrap().jobs), ["j2", "j1", "j0"]);
    let waiting = ListQuery { filter: JobFilter { state: Some(JobState::Waiting), ..JobFilter::ALL }, ..EVERYTHING };
    assert!(matches!(fixture.store.list(waiting.clone()).await, Err(StoreError::Unavailable { .. })));
    let owned = JobFilter { owner: TokenName::parse("alice").ok(), ..JobFilter::ALL };
    let owned = ListQuery { filter: owned, ..EVERYTHING };
    assert!(matches!(fixture.store.list(owned.clone()).await, Err(StoreError::Unavailable { .. })));

    let many: Vec<_> = (0..4).map(|_| store(fixture.proxy.port, &fixture.server.password)).collect();
    for prepared in join_all(many.iter().map(JobStore::prepare)).await {
        prepared.unwrap();
    }
    fixture.store.prepare().await.unwrap();

    for scope in ["created", "all"] {
        assert_eq!(list_of_version_1(&fixture, scope).await, before, "{scope}");
    }
    assert_eq!(ids(&fixture.store.list(waiting).await.unwrap().jobs), ["j2", "j1", "j0"]);
    fixture.store.create(Job { owner: TokenName::parse("alice").ok(), ..job("hers", 0) }).await.unwrap();
    assert_eq!(ids(&fixture.store.list(owned).await.unwrap().jobs), ["hers"]);
    assert_eq!(fixture.read("_design/puppet-master-next").await["error"], "not_found");
    // The new index was read, and so built, before it took the old one's place.
    let requests = fixture.proxy.take();
    let position = |wanted: &str| requests.iter().position(|request| request.starts_with(wanted)).unwrap();
    let replaced = requests.iter().position(|request| request == "PUT /jobs-test/_design/puppet-master").unwrap();
    assert!(position("GET /jobs-test/_design/puppet-master-next/_view/jobs") < replaced, "{requests:#?}");
}

#[tokio::test]
async fn every_query_reads_one_range_of_the_index() {
    let fixture = Fixture::scripted(|_, path, body| {
        let whole = path.contains("_all_docs") && !body.starts_with(br#"{"keys":["#);
        whole.then_some((StatusCode::IM_A_TEAPOT, "{}"))
    })
    .await;
    fixture.store.prepare().await.unwrap();
    fixture.store.create_many((0..1300).map(|n| job(&format!("j{n:04}"), n * 600)).collect()).await;
    fixture.proxy.take();
    for status in [None, Some(JobStatus::Created)] {
        for skip in [0, 40, 1200] {
            fixture
                .store
                .list(ListQuery { filter: JobFilter { status, ..JobFilter::ALL }, skip, limit: 10 })
                .await
                .unwrap();
        }
    }
    let until = Timestamp::now();
    let query =
        LeftoverQuery { status: JobStatus::Created, created_from: None, created_until: until, after: None, limit: 10 };
    fixture.store.leftovers(query).await.unwrap();
    let requests = fixture.proxy.take();
    let by_keys = "POST /jobs-test/_all_docs?include_docs=true";
    for request in requests.iter().filter(|request| *request != by_keys) {
        assert!(request.starts_with("GET /jobs-test/_design/puppet-master/_view/jobs?"), "{request}");
        assert!(request.contains("startkey=[") && request.contains("endkey=["), "{request}");
        assert!(request.contains("limit=10") || request.contains("group_level="), "{request}");
        let skip = request.split("skip=").nth(1).and_then(|rest| rest.split('&').next());
        let skip = skip.map_or(0, |skip| skip.parse::<u64>().unwrap());
        assert!(skip <= 500 && (skip == 0 || !request.contains("include_docs=true")), "{request}");
    }
    // Two for the first page, three for a near one, one more per step of the search for a deep one.
    assert!(requests.len() <= 2 * (2 + 3 + 8) + 1, "{requests:#?}");
}
