use serde_json::{Map, Value, json};

use crate::fixture::with_page;

fn cookie(cookie: Value) -> Map<String, Value> {
    match cookie {
        Value::Object(cookie) => cookie,
        other => panic!("{other} is no object"),
    }
}

#[tokio::test]
async fn a_cookie_is_set_read_and_deleted() {
    with_page(async |fixture| {
        fixture.goto("/empty.html").await;
        let page = &fixture.page;
        assert_eq!(page.cookies(Vec::new()).await.expect("cookies"), []);
        let set = vec![cookie(json!({"name": "a", "value": "1"})), cookie(json!({"name": "b", "value": "2"}))];
        page.set_cookies(set).await.expect("set");
        assert_eq!(fixture.eval("document.cookie").await, "a=1; b=2");
        page.delete_cookies(vec![cookie(json!({"name": "a"}))]).await.expect("deleted");
        let left = page.cookies(Vec::new()).await.expect("cookies");
        let told = serde_json::to_value(&left[0]).expect("JSON");
        assert_eq!(left.len(), 1);
        for (name, value) in [("name", json!("b")), ("domain", json!("127.0.0.1")), ("expires", json!(-1.0))] {
            assert_eq!(told[name], value);
        }
    })
    .await;
}

#[tokio::test]
async fn cookies_of_other_addresses_are_asked_for_by_address() {
    with_page(async |fixture| {
        let set = ["foo", "bar"]
            .map(|site| cookie(json!({"name": site, "value": "x", "url": format!("https://{site}.com")})));
        fixture.page.set_cookies(set.to_vec()).await.expect("set");
        let found = fixture.page.cookies(vec!["https://foo.com".to_owned()]).await.expect("cookies");
        assert_eq!(found.iter().map(|found| (found.name.as_str(), found.secure)).collect::<Vec<_>>(), [("foo", true)]);
    })
    .await;
}

#[tokio::test]
async fn pages_without_an_address_have_no_cookies() {
    with_page(async |fixture| {
        let named = || cookie(json!({"name": "a", "value": "1"}));
        let refused = fixture.page.set_cookies(vec![named()]).await.expect_err("no address");
        assert!(refused.to_string().contains("At least one of the url and domain needs to be specified"), "{refused}");
        fixture.goto("/empty.html").await;
        for (url, sentence) in [
            ("about:blank", "Blank page can not have cookie \"b\""),
            ("data:,x", "Data URL page can not have cookie \"b\""),
        ] {
            let other = cookie(json!({"name": "b", "value": "1", "url": url}));
            let refused = fixture.page.set_cookies(vec![named(), other]).await.expect_err("no address");
            assert_eq!(refused.to_string(), sentence);
        }
    })
    .await;
}
