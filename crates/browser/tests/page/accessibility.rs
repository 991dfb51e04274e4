use browser::accessibility::SnapshotOptions;
use serde_json::json;

use crate::fixture::with_page;

#[tokio::test]
async fn a_snapshot_tells_what_a_screen_reader_would() {
    with_page(async |fixture| {
        fixture
            .set_content(
                "<title>Form</title><h1>Inputs</h1><input placeholder=Empty disabled>\
                 <div role=checkbox tabIndex=0 aria-checked=true aria-label=Agree>inner <img alt=yo></div>",
            )
            .await;
        let told = fixture.page.accessibility().snapshot(SnapshotOptions::default()).await.expect("a tree").map(plain);
        let expected = json!({"role": "RootWebArea", "name": "Form", "children": [
            {"role": "heading", "name": "Inputs", "level": 1},
            {"role": "textbox", "name": "Empty", "disabled": true},
            {"role": "checkbox", "name": "Agree", "checked": true},
        ]});
        assert_eq!(told, Some(expected));
    })
    .await;
}

#[tokio::test]
async fn an_element_can_be_the_root_while_it_is_in_the_tree() {
    with_page(async |fixture| {
        fixture.set_content("<button>My Button</button>").await;
        let root = Some(fixture.element("button").await);
        let options = SnapshotOptions { root, ..SnapshotOptions::default() };
        let told = fixture.page.accessibility().snapshot(options.clone()).await.expect("a tree").map(plain);
        assert_eq!(told, Some(json!({"role": "button", "name": "My Button"})));
        fixture.eval("document.querySelector('button').remove()").await;
        assert_eq!(fixture.page.accessibility().snapshot(options).await.expect("a tree"), None);
    })
    .await;
}

/// The tree without what finds the elements.
fn plain(mut told: serde_json::Value) -> serde_json::Value {
    if let Some(told) = told.as_object_mut() {
        told.remove("backendNodeId");
        told.remove("frameId");
        for child in told.get_mut("children").and_then(serde_json::Value::as_array_mut).into_iter().flatten() {
            *child = plain(child.take());
        }
    }
    told
}
