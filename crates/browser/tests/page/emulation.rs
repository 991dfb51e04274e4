use browser::devices::device;
use browser::emulation::{Geolocation, Viewport};
use browser::network_manager::UserAgent;
use serde_json::json;

use crate::fixture::with_page;

#[tokio::test]
async fn a_device_has_its_screen_its_touches_and_its_name() {
    with_page(async |fixture| {
        fixture.site.page("/mobile", "<meta name=viewport content='width=device-width'>");
        fixture.goto("/mobile").await;
        assert_eq!(fixture.eval("innerWidth").await, 800);
        let device = device("iPhone 6 landscape").expect("a device");
        fixture.page.set_viewport(device.viewport).await.expect("a viewport");
        let agent = UserAgent { text: Some(device.user_agent.to_owned()), ..UserAgent::default() };
        fixture.page.set_user_agent(agent).await.expect("a user agent");
        let seen = fixture
            .eval("[innerWidth, devicePixelRatio, 'ontouchstart' in window, screen.orientation.type, navigator.userAgent]")
            .await;
        assert_eq!(seen, json!([667, 2, true, "landscape-primary", device.user_agent]));
        assert_eq!(fixture.page.viewport(), Some(device.viewport));

        fixture.page.set_viewport(Viewport::of_size(400, 300)).await.expect("a viewport");
        assert_eq!(fixture.eval("[innerWidth, 'ontouchstart' in window]").await, json!([400, false]));
    })
    .await;
}

#[tokio::test]
async fn media_type_and_features_stay_side_by_side() {
    with_page(async |fixture| {
        let page = &fixture.page;
        page.emulate_media_type(Some("print")).await.expect("emulated");
        page.emulate_media_features(vec![("prefers-color-scheme".into(), "dark".into())]).await.expect("emulated");
        let seen = "[matchMedia('print').matches, matchMedia('(prefers-color-scheme: dark)').matches]";
        assert_eq!(fixture.eval(seen).await, json!([true, true]));
        page.emulate_media_type(None).await.expect("emulated");
        assert_eq!(fixture.eval(seen).await, json!([false, true]));

        let refused = page.emulate_media_type(Some("bad")).await.expect_err("no type");
        assert_eq!(refused.to_string(), "Unsupported media type: bad");
        let refused = page.emulate_media_features(vec![("bad".into(), "x".into())]).await.expect_err("no feature");
        assert_eq!(refused.to_string(), "Unsupported media feature: bad");
    })
    .await;
}

#[tokio::test]
async fn a_place_must_be_on_the_earth() {
    with_page(async |fixture| {
        fixture.goto("/empty.html").await;
        let context = fixture.page.browser_context();
        context.override_permissions(&fixture.site.origin(), &["geolocation".to_owned()]).await.expect("permitted");
        let place = Geolocation { longitude: 10.0, latitude: 20.0, accuracy: 0.0 };
        fixture.page.set_geolocation(place).await.expect("a place");
        let seen = "new Promise(done => navigator.geolocation.getCurrentPosition(\
                    at => done([at.coords.longitude, at.coords.latitude])))";
        assert_eq!(fixture.eval(seen).await, json!([10, 20]));

        let refused =
            fixture.page.set_geolocation(Geolocation { longitude: 200.0, ..place }).await.expect_err("nowhere");
        assert_eq!(refused.to_string(), "Invalid longitude \"200\": precondition -180 <= LONGITUDE <= 180 failed.");
    })
    .await;
}

#[tokio::test]
async fn a_time_zone_is_known_by_its_name() {
    with_page(async |fixture| {
        fixture.page.emulate_timezone(Some("Asia/Tokyo")).await.expect("a zone");
        assert_eq!(fixture.eval("new Date(0).getHours()").await, 9);
        let refused = fixture.page.emulate_timezone(Some("Foo/Bar")).await.expect_err("no zone");
        assert_eq!(refused.to_string(), "Invalid timezone ID: Foo/Bar");
    })
    .await;
}

#[tokio::test]
async fn scripts_run_or_not_from_the_next_document_on() {
    with_page(async |fixture| {
        fixture.site.page("/scripted", "<script>document.title = 'ran'</script>");
        fixture.page.set_java_script_enabled(false).await.expect("set");
        fixture.goto("/scripted").await;
        assert_eq!(fixture.page.main_frame().title().await.expect("a title"), "");
        fixture.page.set_java_script_enabled(true).await.expect("set");
        fixture.goto("/scripted").await;
        assert_eq!(fixture.page.main_frame().title().await.expect("a title"), "ran");
    })
    .await;
}
